import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createEventId } from '@counterfoil/schema'
import { afterAll, expect, it } from 'vitest'
import { openLedger, type Ledger, type Log } from '../src/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'counterfoil-derived-'))
const options = { data: join(folder, 'data'), state: join(folder, 'state') }
afterAll(() => rmSync(folder, { recursive: true }))

function event(type: string, runId: string, seq: number, fields: object): object {
  return { schema_version: '1.0', event_id: createEventId(), event_type: type, run_id: runId, run_seq: seq, ...fields }
}

async function send(ledger: Ledger, events: readonly object[]): Promise<string[]> {
  const principal = { keyId: 'k_test', log: 'main', scopes: ['ingest'] as const }
  const report = await (await ledger.log('main')).ingest(JSON.stringify(events), { principal, format: 'json' })
  return report.rejected.map(({ code }) => code)
}

/** Leaves the database as a program with other rules would have left it; 1 were the first rules, 999 are not known yet. */
function deriveByOtherRules(version: number): void {
  const [id = ''] = readdirSync(join(options.data, 'logs'))
  const database = new DatabaseSync(join(options.data, 'logs', id, 'log.db'))
  database.exec(`UPDATE run SET outcome = 'mismatch'; PRAGMA application_id=${version}`)
  database.close()
}

const started = { workflow: { name: 'w' }, trigger: { type: 'user' } }

it('rows of other rules are no damage: said by verify, and derived anew at the next start', async () => {
  {
    await using ledger = await openLedger(options)
    expect(await send(ledger, [event('run_created', 'run-1', 0, started)])).toEqual([])
  }
  deriveByOtherRules(1)
  {
    await using reader = await openLedger({ ...options, mode: 'read' })
    const report = await (await reader.log('main')).verify()
    expect(report.ok).toBe(true)
    expect(report.checks.find(({ name }) => name === 'projections')?.note).toMatch(/older version/)
    expect(report.unchecked[0]).toMatch(/^runs, actions and terms: .*older version/)
  }
  await using ledger = await openLedger(options)
  const log = await ledger.log('main')
  expect((await log.run('run-1')).run.outcome).toBe('running')
  expect((await log.verify()).checks.find(({ name }) => name === 'projections')).toMatchObject({ ok: true, count: 2 })
})

async function projections(log: Log): Promise<unknown> {
  const report = await log.verify()
  return [report.ok, report.checks.find(({ name }) => name === 'projections')?.first_bad]
}

it('rows are not left uncompared because somebody says that other rules derived them', async () => {
  {
    await using ledger = await openLedger(options)
    for (const version of [1, 999, 0]) {
      deriveByOtherRules(version)
      expect(await projections(await ledger.log('main'))).toEqual([
        false,
        expect.stringContaining(`application_id ${version} `),
      ])
    }
  }
  deriveByOtherRules(999)
  await using reader = await openLedger({ ...options, mode: 'read' })
  expect(await projections(await reader.log('main'))).toEqual([
    false,
    expect.stringContaining('application_id 999 ') as string,
  ])
})

it('a reserved type is reserved whatever else is wrong, and a run has an id that a URL can end in', async () => {
  await using ledger = await openLedger(options)
  expect(await send(ledger, [event('payload_erased', 'run-2', 0, { workflow: 7, nonsense: true })])).toEqual([
    'type_reserved',
  ])
  expect(await send(ledger, [event('run_created', '..', 0, started)])).toEqual(['field_invalid'])
  expect(await send(ledger, [event('run_created', '...', 0, started)])).toEqual([])
})

it('a run that was stopped before anything happened is rejected, not done', async () => {
  await using ledger = await openLedger(options)
  const stopped = [event('run_created', 'run-3', 0, started), event('run_cancelled', 'run-3', 1, {})]
  expect(await send(ledger, stopped)).toEqual([])
  expect((await (await ledger.log('main')).run('run-3')).run).toMatchObject({
    status: 'cancelled',
    outcome: 'rejected',
  })
})

it('two logs of one name made at once are one log and one refusal', async () => {
  await using ledger = await openLedger(options)
  const made = await Promise.allSettled([ledger.createLog('twin'), ledger.createLog('twin')])
  expect(made.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  expect(made.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'log_exists' } })
})
