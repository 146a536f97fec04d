import { join } from 'node:path'
import { assert, asyncProperty, integer, oneof } from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { backupLedger, openLedger, recoverLedger, type Ledger, type Log, type Principal } from '@counterfoil/ledger'
import { createGenerator, createRandom, type GeneratedEvent } from './generated-events.ts'
import { failedChecks, LedgerFolder } from './ledger-folder.ts'

const principal = { keyId: 'local', log: 'main', scopes: ['admin'] } as const satisfies Principal
const by = { actorId: 'officer', reasonCode: 'erasure_request' }

/** A log that nobody attacked raises no alarm, whatever its shape and whatever was done to it by its own means. */
describe('no false alarm', () => {
  const folder = new LedgerFolder()
  let opened: Promise<Ledger> | undefined
  let made = 0
  const ledgerOf = (): Promise<Ledger> => (opened ??= openLedger({ data: folder.data, state: folder.state }))
  afterAll(async () => {
    await (await opened)?.[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  // Sizes around the width of a tile are the ones that go wrong.
  const sizes = oneof(
    { weight: 5, arbitrary: integer({ min: 0, max: 40 }) },
    { weight: 2, arbitrary: integer({ min: 250, max: 262 }) },
    { weight: 1, arbitrary: integer({ min: 505, max: 530 }) },
  )

  it('on 200 logs of random shape, with duplicates, erasures and a rebuild', { timeout: 240_000 }, async () => {
    await assert(
      asyncProperty(sizes, integer({ min: 1, max: 2 ** 31 }), async (size, seed) => {
        const ledger = await ledgerOf()
        made += 1
        const name = `log-${made}`
        await ledger.createLog(name)
        const log = await ledger.log(name)
        await growRandomly(log, { size, seed, principal: { ...principal, log: name } })
        const report = await log.verify()
        expect(failedChecks(report)).toEqual([])
        expect(report.size).toBeGreaterThanOrEqual(size)
      }),
      { numRuns: 200 },
    )
  })

  it('after a restart, a backup, and a recovery', async () => {
    const own = new LedgerFolder()
    try {
      await own.use(({ log }) => growRandomly(log, { size: 300, seed: 77, principal }))
      expect(failedChecks(await own.verify())).toEqual([])
      const to = join(own.root, 'backup')
      backupLedger({ data: own.data, to })
      expect(failedChecks(await own.verify({ data: to }))).toEqual([])
      const older = join(own.root, 'older')
      backupLedger({ data: to, to: older })
      await own.use(
        async ({ log }) => {
          await growRandomly(log, { size: 20, seed: 78, principal })
          expect(failedChecks(await log.verify())).toEqual([])
        },
        { data: to },
      )
      expect(failedChecks(await own.verify({ data: to }))).toEqual([])
      // The older copy lacks what its twin acknowledged. That loss was accepted: no alarm, in neither log.
      recoverLedger({ data: older, state: own.state, acceptLoss: true })
      await own.use(
        async ({ ledger, log }) => {
          await growRandomly(log, { size: 20, seed: 79, principal })
          for (const { log: name } of await ledger.logs())
            expect([name, failedChecks(await (await ledger.log(name)).verify())]).toEqual([name, []])
        },
        { data: older },
      )
    } finally {
      own[Symbol.dispose]()
    }
  })

  it('while the log grows, in the writing process and in another one that reads', { timeout: 120_000 }, async () => {
    const own = new LedgerFolder()
    try {
      await own.use(async ({ log }) => {
        const next = createGenerator(createRandom(5), 4)
        const runs: string[] = []
        const stop = new AbortController()
        const senders = Array.from({ length: 2 }, async () => {
          while (!stop.signal.aborted) {
            const events = Array.from({ length: 60 }, next)
            await log.ingest(JSON.stringify(events), { principal, format: 'json' })
            runs.push(...runIdsOf(events))
            const run = runs.shift()
            if (run !== undefined && runs.length > 30) await log.erase({ runId: run }, by)
          }
        })
        try {
          const sizes: number[] = []
          for (let round = 0; round < 8; round += 1) {
            const inside = await log.verify()
            expect(failedChecks(inside)).toEqual([])
            const beside = await own.verify()
            expect(beside.checks.filter(({ ok }) => !ok)).toEqual([])
            sizes.push(inside.size, beside.size)
          }
          expect(sizes).toEqual(sizes.toSorted((a, b) => a - b))
          expect(new Set(sizes).size).toBeGreaterThan(4)
        } finally {
          stop.abort()
          await Promise.all(senders)
        }
      })
    } finally {
      own[Symbol.dispose]()
    }
  })
})

function runIdsOf(events: readonly GeneratedEvent[]): string[] {
  return [...new Set(events.map((event) => event['run_id']).filter((id) => typeof id === 'string'))]
}

/** Ingests in batches of any size, some of them twice, and erases a run or an event now and then. */
async function growRandomly(log: Log, options: { size: number; seed: number; principal: Principal }): Promise<void> {
  const random = createRandom(options.seed)
  const next = createGenerator(random, 1 + random(5))
  const sent: GeneratedEvent[] = []
  for (let left = options.size; left > 0;) {
    const count = Math.min(left, 1 + random(random(3) === 0 ? 300 : 20))
    left -= count
    const events = Array.from({ length: count }, next)
    sent.push(...events)
    const repeated = random(3) === 0 ? sent.slice(0, 5) : []
    await Promise.all(
      [[...events, ...repeated], repeated]
        .filter((batch) => batch.length > 0)
        .map((batch) => log.ingest(JSON.stringify(batch), { principal: options.principal, format: 'json' })),
    )
    if (random(4) > 0) continue
    const event = sent[random(sent.length)]
    const runId = event?.['run_id']
    if (event === undefined) continue
    await log.erase(typeof runId === 'string' && random(2) === 0 ? { runId } : { eventId: event.event_id }, by)
  }
  if (random(5) === 0) await log.rebuild()
}
