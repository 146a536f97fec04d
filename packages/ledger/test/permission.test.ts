import { createEventId, eventDefinitions, reservedTypes, type EventDefinition } from '@counterfoil/schema'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { scopes, type Principal, type Scope } from '@counterfoil/ledger'
import { openTestLedger, type TestLedger } from './_ledger.ts'

let open: TestLedger
const keys = new Map<Scope, Principal>()

beforeAll(async () => {
  open = await openTestLedger()
  for (const scope of scopes) keys.set(scope, await open.key(scope))
})
afterAll(() => open[Symbol.asyncDispose]())

/** DESIGN 3.1 and `spec/event.md`: who may write what. */
const writersOf: Readonly<Record<string, readonly Scope[]>> = {
  run: ['ingest', 'admin'],
  run_or_policy: ['ingest', 'policy', 'admin'],
  approval: ['ingest', 'admin'],
  observer: ['observe', 'admin'],
  any: ['ingest', 'policy', 'observe', 'admin'],
  server: [],
}

const definitions: readonly EventDefinition[] = eventDefinitions

test.each(scopes)('what a key with scope %s may write', async (scope) => {
  const principal = keys.get(scope)
  expect(principal?.keyId).toMatch(scope === 'policy' ? /^p_/ : scope === 'observe' ? /^o_/ : /^k_/)
  if (principal === undefined) return
  const events = definitions.map(({ example }) => ({ ...example, event_id: createEventId(), run_id: `${scope}-run` }))
  const sent = events.map((event, at) => {
    if (definitions[at]?.inRun !== 'never') return event
    const { run_id: _, ...rest } = event
    return rest
  })
  const { acks, rejected } = await open.send(sent, principal)
  const verdicts = new Map<number, string>(rejected.map(({ position, code }) => [position, code]))
  const expected = definitions.map(({ type, writer }) => [
    type,
    writer === 'server' ? 'type_reserved' : (writersOf[writer] ?? []).includes(scope) ? 'stored' : 'type_not_permitted',
  ])
  expect(definitions.map(({ type }, at) => [type, verdicts.get(at) ?? 'stored'])).toEqual(expected)
  expect(acks.length).toBe(expected.filter(([, verdict]) => verdict === 'stored').length)
  expect(rejected.every(({ pointer }) => pointer === '/event_type')).toBe(true)
})

test('types that come later are the server’s', async () => {
  const principal = keys.get('admin')
  expect(principal).toBeDefined()
  if (principal === undefined) return
  const events = reservedTypes.map((event_type) => ({ schema_version: '1.0', event_id: createEventId(), event_type }))
  const { rejected } = await open.send(events, principal)
  expect(rejected.map(({ code }) => code)).toEqual(reservedTypes.map(() => 'type_reserved'))
})

test('an approval from a key happened elsewhere: claimed, also from an admin', async () => {
  for (const scope of ['ingest', 'admin'] as const) {
    const principal = keys.get(scope)
    if (principal === undefined) throw new Error(`No key has the scope ${scope}.`)
    const example = definitions.find(({ type }) => type === 'approval_granted')?.example
    const event_id = createEventId()
    await open.store({ ...example, event_id, run_id: `${scope}-approval` }, principal)
    expect((await open.log.event(event_id)).event).toMatchObject({ assurance: 'claimed', key_id: principal.keyId })
  }
})

test('the log itself is unharmed by all that was refused', async () => {
  const report = await open.log.verify()
  expect(report.checks.filter(({ ok }) => !ok)).toEqual([])
})
