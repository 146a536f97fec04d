import path from 'node:path'
import { createEventId } from '@counterfoil/schema'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openLedger, type Principal, type ProducerReport } from '@counterfoil/ledger'
import { createRandom } from '../../store/test/generated-events.ts'
import { openTestLedger, type TestEvent, type TestLedger } from './_ledger.ts'

let open: TestLedger
beforeAll(async () => {
  open = await openTestLedger()
})
afterAll(() => open[Symbol.asyncDispose]())

function shuffled<T>(items: readonly T[], random: (below: number) => number): T[] {
  const all = [...items]
  for (let at = all.length - 1; at > 0; at -= 1) {
    const other = random(at + 1)
    const [a, b] = [all[at], all[other]]
    if (a !== undefined && b !== undefined) [all[at], all[other]] = [b, a]
  }
  return all
}

/** Everything that a recorder of one process sends: its frames, and between them one to three runs that interleave. */
function recordedBy(instance: string, random: (below: number) => number): TestEvent[] {
  const events: TestEvent[] = []
  const add = (event_type: string, fields: TestEvent): void => {
    const producer = { instance, seq: events.length }
    events.push({ schema_version: '1.0', event_id: createEventId(), event_type, producer, ...fields })
  }
  const frame = (type: string, seconds: number): void => add(type, { attributes: { next_within_s: seconds } })
  frame('producer_started', 900)
  const runs = Array.from({ length: 1 + random(3) }, (_, at) => ({
    runId: `${instance}-run-${at}`,
    seq: 0,
    left: random(6),
  }))
  while (runs.some(({ left }) => left >= -1)) {
    const run = runs.filter(({ left }) => left >= -1)[random(runs.filter(({ left }) => left >= -1).length)]
    if (run === undefined) break
    const place = { run_id: run.runId, run_seq: run.seq }
    if (run.seq === 0) add('run_created', { ...place, workflow: { name: 'w' }, trigger: { type: 'user' } })
    else if (run.left === -1) add('run_completed', { ...place, result: 'success' })
    else add('input_resolved', { ...place, payload: { note: `input ${run.seq}` } })
    if (run.seq > 0) run.left -= 1
    run.seq += 1
    if (random(6) === 0) frame('producer_heartbeat', 60)
  }
  add('producer_stopped', {})
  return events
}

async function sendShuffled(
  events: readonly TestEvent[],
  key: Principal,
  random: (below: number) => number,
): Promise<void> {
  const waiting = shuffled(events, random)
  while (waiting.length > 0) await open.store(waiting.splice(0, 1 + random(900)), key)
}

async function allProducers(key: Principal): Promise<Map<string, ProducerReport>> {
  const found = new Map<string, ProducerReport>()
  let cursor: string | undefined
  do {
    const page = await open.log.producers({ limit: 200, ...(cursor !== undefined && { cursor }) })
    for (const producer of page.producers) if (producer.key_id === key.keyId) found.set(producer.instance, producer)
    cursor = page.next
  } while (cursor !== undefined)
  return found
}

const ended = new AbortController()

/** Instances that the server's own entries accuse, by the entries that are not taken back. */
async function accused(): Promise<Set<string>> {
  const standing = new Map<string, string>()
  const { size } = await open.log.report()
  if (size === 0) return new Set()
  for await (const { index, leaf } of open.log.tail({ from: 0, signal: ended.signal })) {
    const event = JSON.parse(leaf) as {
      event_type: string
      key_id: string
      run_id?: string
      reason_code?: string
      attributes?: Record<string, string | number>
    }
    if (event.key_id === 'server' && event.run_id === undefined && event.event_type.startsWith('gap_')) {
      const { producer_key, instance, first_missing, last_missing } = event.attributes ?? {}
      const id = [producer_key, instance, event.reason_code, first_missing, last_missing].join(' ')
      if (event.event_type === 'gap_detected') standing.set(id, String(instance))
      else standing.delete(id)
    }
    if (index + 1 >= size) break
  }
  return new Set(standing.values())
}

const farAhead = () => ({ nowMs: Date.now() + 24 * 60 * 60 * 1000, upSinceMs: 0 })

async function declareAll(): Promise<void> {
  for (;;) {
    const { detected, healed, stalled } = await open.log.declareGaps(farAhead())
    if (detected + healed + stalled === 0) return
  }
}

test('of 500 recorders, each that lost one message is found out and none that lost nothing, in any order', async () => {
  const seed = Date.now() % 1_000_000
  const random = createRandom(seed)
  const key = await open.key('ingest')
  const dropped = new Map<string, TestEvent>()
  const runsOf = new Map<string, Set<string>>()
  const kept: TestEvent[] = []
  for (let at = 0; at < 500; at += 1) {
    const instance = `worker-${at}`
    const events = recordedBy(instance, random)
    runsOf.set(
      instance,
      new Set(events.flatMap((event) => (typeof event['run_id'] === 'string' ? [event['run_id']] : []))),
    )
    // Two in three lose one message: the first, the last, or any.
    const lost = [0, events.length - 1, random(events.length), random(events.length), undefined, undefined][at % 6]
    const event = lost === undefined ? undefined : events[lost]
    if (event !== undefined) dropped.set(instance, event)
    kept.push(...events.filter((one) => one !== event))
  }
  await sendShuffled(kept, key, random)
  expect([seed, await open.log.declareGaps({ upSinceMs: 0 })]).toEqual([seed, { detected: 0, healed: 0, stalled: 0 }])
  await declareAll()
  const found = await accused()
  expect([seed, [...dropped.keys()].filter((instance) => !found.has(instance))]).toEqual([seed, []])
  expect([seed, [...found].filter((instance) => !dropped.has(instance))]).toEqual([seed, []])
  const producers = await allProducers(key)
  for (const [instance, { status, missing }] of producers) {
    const lost = dropped.get(instance)
    const { seq } = (lost?.['producer'] ?? {}) as { seq?: number }
    const isLast = lost?.['event_type'] === 'producer_stopped'
    expect([seed, instance, status]).toEqual([seed, instance, isLast ? 'silent' : 'stopped'])
    const gaps = seq === undefined || isLast ? [] : [[seq, seq]]
    expect([seed, instance, missing.map(({ first, last }) => [first, last])]).toEqual([seed, instance, gaps])
  }
  // A run that has lost an event says so; one that has lost its end is stalled; all others are whole.
  const lostOfRun = new Map([...dropped.values()].map((event) => [event['run_id'], event['event_type']]))
  for (const runs of runsOf.values()) {
    for (const runId of runs) {
      const { run } = await open.log.run(runId)
      const lost = lostOfRun.get(runId)
      const isEnd = lost === 'run_completed'
      expect([seed, runId, run.status, run.flags.includes('gap')]).toEqual([
        seed,
        runId,
        isEnd ? 'stalled' : 'completed',
        lost !== undefined && !isEnd,
      ])
    }
  }
  expect((await open.log.verify()).ok).toBe(true)
  // Late arrival heals everything.
  await sendShuffled([...dropped.values()], key, random)
  await declareAll()
  expect([seed, [...(await accused())]]).toEqual([seed, []])
  for (const [instance, { status, missing }] of await allProducers(key))
    expect([seed, instance, status, missing]).toEqual([seed, instance, 'stopped', []])
  const flagged = await open.log.runs({ query: 'status:stalled OR has:gap OR is:open' })
  expect(flagged.runs).toEqual([])
  expect((await open.log.verify()).ok).toBe(true)
}, 600_000)

/** An event of the one recorder that goes silent. */
const lonely = (seq: number, event_type: string, fields: TestEvent = {}): TestEvent => ({
  schema_version: '1.0',
  event_id: createEventId(),
  event_type,
  producer: { instance: 'lonely', seq },
  ...fields,
})

test('an account of a silent recorder: the run is stalled, its answers say so, and the next word takes it back', async () => {
  const key = await open.key('ingest')
  await open.store(
    [
      lonely(0, 'producer_started', { attributes: { next_within_s: 60 } }),
      lonely(1, 'run_created', { run_id: 'left', run_seq: 0, workflow: { name: 'w' }, trigger: { type: 'user' } }),
    ],
    key,
  )
  await declareAll()
  const report = await open.log.run('left')
  expect(report.run).toMatchObject({ status: 'stalled', outcome: 'unconfirmed', producer: 'lonely' })
  expect(report.sentence).toContain('The run went silent before its end')
  expect(report.answers.map(({ question, text }) => [question, text])).toContainEqual([
    'effect',
    'No action with an effect is on record; the run went silent before its end, and the log does not say whether there was one.',
  ])
  expect(report.answers.filter(({ grade }) => grade === 'none')).toEqual([])
  expect(report.timeline.at(-1)?.text).toBe(
    'lonely is not heard any more and the run has not ended: nobody knows how it goes on.',
  )
  expect((await open.log.runs({ query: 'status:stalled' })).runs.map(({ run_id: id }) => id)).toEqual(['left'])
  await open.store(lonely(2, 'input_resolved', { run_id: 'left', run_seq: 1 }), key)
  expect((await open.log.run('left')).run).toMatchObject({ status: 'running', outcome: 'running' })
})

test('a log that was closed in between accuses nobody: time counts from when it was opened', async () => {
  await using first = await openTestLedger()
  const key = await first.key('ingest')
  const heartbeat = {
    schema_version: '1.0',
    event_id: createEventId(),
    event_type: 'producer_heartbeat',
    producer: { instance: 'patient', seq: 3 },
  }
  const [ack] = (await first.store(heartbeat, key)).acks
  const recordedMs = Date.parse(ack?.recorded_at ?? '')
  await first.close()
  await using again = await openLedger({ data: first.data, state: path.join(first.folder, 'state') })
  const log = await again.log('main')
  const before = { detected: 0, healed: 0, stalled: 0 }
  expect(await log.declareGaps({ nowMs: recordedMs + 60_000 })).toEqual(before)
  expect(await log.declareGaps({ nowMs: Date.now() + 60_000 })).toEqual({ ...before, detected: 1 })
})
