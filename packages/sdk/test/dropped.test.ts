import { openLedger, type ProducerReport } from '@counterfoil/ledger'
import { expect, it } from 'vitest'
import { createRecorder, deny, ref, type Recorder } from '../src/index.ts'
import { createRandom } from '../../store/test/generated-events.ts'
import { createTestLog, type LogEvent, type TestLog } from './_outbox.ts'
import { createProxy, type Proxy } from './_proxy.ts'

const processes = 500
/** How many record at once. */
const lanes = 5

interface Recorded {
  readonly instance: string
  readonly runId: string
  /** The message that never arrived, though the recorder was told that it had. */
  readonly dropped: LogEvent | undefined
}

type Random = (below: number) => number

/** Takes one message out of what passes, and answers for it: nobody but the log can notice. */
class Thief {
  readonly #proxy: Proxy
  #isWanted: (event: LogEvent) => boolean = () => false
  #last: { checkpoint?: string; size?: number } = {}
  #stolenAt: number | undefined
  stolen: LogEvent | undefined
  instance = ''

  constructor(proxy: Proxy) {
    this.#proxy = proxy
    proxy.alter = (path, body) => (path === '/v1/events' ? this.#take(body) : body)
    proxy.forge = (path, answer) => this.#answer(path, answer)
    proxy.mischief = ({ url }, outgoing, body) => {
      if (url !== '/v1/events' || linesOf(body).length !== 1 || this.#take(body) !== '') return false
      outgoing.writeHead(200, { 'content-type': 'application/json' })
      outgoing.end(this.#answer(url, JSON.stringify({ acks: [], rejected: [], ...this.#last })))
      return true
    }
  }

  get url(): string {
    return this.#proxy.url
  }

  want(isWanted: (event: LogEvent) => boolean): void {
    this.#isWanted = isWanted
    this.stolen = undefined
    this.instance = ''
  }

  #take(body: string): string {
    const lines = linesOf(body)
    const kept: string[] = []
    for (const [at, line] of lines.entries()) {
      const event = JSON.parse(line) as LogEvent
      this.instance = (event['producer'] as { instance: string }).instance
      if (this.stolen === undefined && this.#isWanted(event)) {
        this.stolen = event
        this.#stolenAt = at
      } else kept.push(line)
    }
    return kept.map((line) => `${line}\n`).join('')
  }

  #answer(path: string, answer: string): string {
    const body = JSON.parse(answer) as { checkpoint?: string; size?: number; acks?: { position: number }[] }
    if (body.checkpoint !== undefined) this.#last = { checkpoint: body.checkpoint, size: body.size ?? 0 }
    const at = this.#stolenAt
    if (path !== '/v1/events' || at === undefined || body.acks === undefined) return answer
    this.#stolenAt = undefined
    const acks = body.acks.map((ack) => ({ ...ack, position: ack.position + Number(ack.position >= at) }))
    const forged = { position: at, event_id: this.stolen?.['event_id'], index: 0, leaf_hash: '0'.repeat(64) }
    return JSON.stringify({ ...body, acks: [...acks, forged] })
  }
}

function linesOf(body: string): readonly string[] {
  return body.split('\n').filter((line) => line !== '')
}

/** A workflow as there are many: inputs, reads, checks, and effects that work, fail, or may not be. */
async function workflow(recorder: Recorder, random: Random): Promise<string> {
  const read = recorder.wrap((p: { id: string }) => ({ id: p.id }), { action: 'order.get', effect: 'read' })
  const write = recorder.wrap(
    (p: { id: string; how: number }) => {
      if (p.how === 1) throw new Error('the shop said no')
      return { id: p.id }
    },
    {
      action: 'order.change',
      effect: 'write',
      target: (p) => ref('order', p.id),
      checks: { open: (p) => p.how !== 2 || deny('closed') },
    },
  )
  let runId = ''
  await recorder.run({ workflow: 'dropped', trigger: 'api' }, async (run) => {
    runId = run.id
    for (let step = random(4); step >= 0; step -= 1) {
      const id = `W${random(1_000)}`
      if (random(3) === 0) run.input({ content: { step } })
      else if (random(2) === 0) await read({ id })
      else await write({ id, how: random(3) }).catch(() => undefined)
    }
  })
  return runId
}

async function recordMany(log: TestLog, thief: Thief, random: Random, count: number): Promise<Recorded[]> {
  const done: Recorded[] = []
  for (let at = 0; at < count; at += 1) {
    const seq = random(12)
    // In turn: nothing, the last word, the end of the run, and any message, if there are so many.
    thief.want(
      [
        () => false,
        (event: LogEvent) => event['event_type'] === 'producer_stopped',
        (event: LogEvent) => event['event_type'] === 'run_completed',
        (event: LogEvent) => (event['producer'] as { seq: number }).seq === seq,
        (event: LogEvent) => (event['producer'] as { seq: number }).seq === seq,
      ][at % 5] ?? (() => false),
    )
    const recorder = createRecorder({ url: thief.url, key: log.key, spool: log.newSpool(), onProblem: () => undefined })
    const runId = await workflow(recorder, random)
    await recorder.close()
    done.push({ instance: thief.instance, runId, dropped: thief.stolen })
  }
  return done
}

/** What the log says of each process and its run, in the same shape as {@link expectedOf}. */
async function toldBy(log: TestLog, recorded: readonly Recorded[]): Promise<unknown[]> {
  await using ledger = await openLedger({ data: log.data, state: log.state })
  const open = await ledger.log('main')
  const aDayLater = { nowMs: Date.now() + 24 * 60 * 60 * 1000, upSinceMs: 0 }
  for (;;) {
    const { detected, stalled } = await open.declareGaps(aDayLater)
    if (detected + stalled === 0) break
  }
  const producers = new Map<string, ProducerReport>()
  let cursor: string | undefined
  do {
    const page = await open.producers({ limit: 200, ...(cursor !== undefined && { cursor }) })
    for (const producer of page.producers) producers.set(producer.instance, producer)
    cursor = page.next
  } while (cursor !== undefined)
  return Promise.all(
    recorded.map(async ({ instance, runId }) => {
      const { status, missing } = producers.get(instance) ?? {}
      const { run } = await open.run(runId)
      return {
        instance,
        status,
        missing: missing?.map(({ first, last }) => [first, last]),
        run: run.status,
        hasGap: run.flags.includes('gap'),
      }
    }),
  )
}

function expectedOf({ instance, dropped }: Recorded): unknown {
  const isLast = dropped?.['event_type'] === 'producer_stopped'
  const isEnd = dropped?.['event_type'] === 'run_completed'
  const { seq } = (dropped?.['producer'] ?? {}) as { seq?: number }
  return {
    instance,
    status: isLast ? 'silent' : 'stopped',
    missing: seq === undefined || isLast ? [] : [[seq, seq]],
    run: isEnd ? 'stalled' : 'completed',
    hasGap: dropped?.['run_id'] !== undefined && !isEnd,
  }
}

it('flags every single message of 500 processes that is dropped on the way, and no other', async () => {
  const seed = Date.now() % 1_000_000
  await using log = await createTestLog()
  // The log has a checkpoint before the first message is stolen.
  const first = createRecorder({ url: log.url, key: log.key, spool: log.newSpool() })
  await first.run({ workflow: 'first', trigger: 'api' }, () => undefined)
  await first.close()
  const perLane = await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      await using proxy = await createProxy(log.url)
      return await recordMany(log, new Thief(proxy), createRandom(seed + lane), processes / lanes)
    }),
  )
  const recorded = perLane.flat()
  await log.stop()
  expect(recorded.filter(({ dropped }) => dropped !== undefined).length).toBeGreaterThan(processes / 2)
  expect([seed, await toldBy(log, recorded)]).toEqual([seed, recorded.map(expectedOf)])
}, 600_000)
