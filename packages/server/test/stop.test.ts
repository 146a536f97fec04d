import type { RunReport } from '@counterfoil/ledger'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { inputResolved, refundRun, runCreated } from './_events.ts'
import { createTestServer, type TestServer } from './_server.ts'

let server: TestServer
beforeAll(async () => {
  server = await createTestServer()
})
afterAll(() => server[Symbol.asyncDispose]())

interface Ack {
  readonly stop?: { readonly event_id: string; readonly actor_id: string; readonly reason_code: string }
}

const stop = (runId: string, body?: unknown, key?: string) =>
  body === undefined
    ? server.request(`/v1/runs/${runId}/stop`, { method: 'POST', ...(key !== undefined && { key }) })
    : server.send(body, `/v1/runs/${runId}/stop`, key === undefined ? {} : { key })
const acksOf = (body: Record<string, unknown>): Ack[] => body['acks'] as Ack[]

test('a person stops a run: the next acknowledgements say so, and the run says who it was', async () => {
  const events = refundRun('run-1').slice(0, 4)
  await server.send(events)
  const { status, body } = await stop('run-1', { reason_code: 'wrong_customer', actor_id: 'usr-19' })
  expect([status, body]).toEqual([
    200,
    {
      run_id: 'run-1',
      index: 4,
      already_stopped: false,
      stop: {
        event_id: expect.any(String),
        actor_id: 'usr-19',
        reason_code: 'wrong_customer',
        at: expect.stringMatching(/Z$/),
      },
    },
  ])
  const [repeated, later, other] = acksOf(
    (await server.send([events[0], inputResolved('run-1', 9), runCreated('run-2')])).body,
  )
  expect([repeated?.stop, later?.stop, other?.stop]).toEqual([body['stop'], body['stop'], undefined])
  const report = (await server.request('/v1/runs/run-1')).body as unknown as RunReport
  expect(report.run.flags).toContain('stopped')
  expect(report.sentence).toContain('A person stopped the run')
  const approval = report.answers.find(({ question }) => question === 'approval')
  expect(approval).toMatchObject({ grade: 'observed', text: 'usr-19 stopped the run (wrong_customer).' })
  expect(report.timeline.map(({ text }) => text)).toContain('A person (usr-19) stopped the run (wrong_customer).')
  const found = (await server.request('/v1/runs?q=is:stopped')).body as { runs: { run_id: string }[] }
  expect(found.runs.map(({ run_id: id }) => id)).toEqual(['run-1'])
})

test('stopping again answers the first stop, whatever it says; without a body the key stops it', async () => {
  await server.send(runCreated('run-3'))
  const first = await stop('run-3')
  expect(first.body).toMatchObject({ already_stopped: false, stop: { reason_code: 'run_stopped' } })
  expect((first.body['stop'] as { actor_id: string }).actor_id).toMatch(/^k_/)
  const again = await stop('run-3', { reason_code: 'another', actor_id: 'usr-2' })
  expect([again.status, again.body]).toEqual([200, { ...first.body, already_stopped: true }])
})

test('an unknown run, an ended one, a part of an id, a wrong body: refused, and nothing is written', async () => {
  await server.send(refundRun('run-4'))
  await server.send(runCreated('run-5'))
  const size = await server.size()
  const refusals = [
    await stop('run-9'),
    await stop('run-4'),
    await stop('run-'),
    await stop('run-5', { reason: 'x' }),
    await stop('run-5', { reason_code: 7 }),
    await stop('run-5', { reason_code: 'Not a code' }),
    await stop('run-5', { actor_id: 'a b' }),
    await stop('run-5', []),
  ]
  expect(refusals.map(({ status, body }) => [status, body['code'], body['pointer']])).toEqual([
    [404, 'run_unknown', undefined],
    [409, 'run_ended', undefined],
    [404, 'run_unknown', undefined],
    [422, 'field_unknown', ''],
    [422, 'field_invalid', '/reason_code'],
    [422, 'field_invalid', '/reason_code'],
    [422, 'field_invalid', '/actor_id'],
    [422, 'not_an_object', ''],
  ])
  expect(await server.size()).toBe(size)
})

test('only an admin key stops, and only in its own log', async () => {
  await server.send(runCreated('run-6'))
  for (const scope of ['ingest', 'policy', 'observe', 'read'] as const) {
    const { key } = await server.createKey([scope])
    const { status, body } = await stop('run-6', {}, key)
    expect([status, body['code']]).toEqual([403, 'scope_missing'])
  }
  const { body } = await server.send({ name: 'other' }, '/v1/logs')
  expect((await stop('run-6', {}, body['admin_key'] as string)).body['code']).toBe('run_unknown')
})

test('a secret in who or why is not written into the log', async () => {
  await server.send(runCreated('run-7'))
  const token = ['g', 'h', 'p', '_'].join('') + 'a1B2'.repeat(9)
  const { body } = await stop('run-7', { actor_id: token })
  expect(JSON.stringify(body)).not.toContain(token)
  expect((await server.request('/v1/runs/run-7')).text).not.toContain(token)
})
