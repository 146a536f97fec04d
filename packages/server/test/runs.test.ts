import type { ActionPage, RunPage, RunReport } from '@counterfoil/ledger'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { refundRun, runCreated } from './_events.ts'
import { createTestServer, type TestServer } from './_server.ts'

let server: TestServer
beforeAll(async () => {
  server = await createTestServer()
  for (let i = 0; i < 6; i++) await server.send(refundRun(`run-${i}`))
  await server.send(runCreated('run-open', { workflow: { name: 'triage', version: '1' }, customer_id: 'globex' }))
})
afterAll(() => server[Symbol.asyncDispose]())

const search = async (target: string): Promise<RunPage> => (await server.request(target)).body as unknown as RunPage

describe('runs', () => {
  test('are listed newest first, in pages that neither overlap nor leave out', async () => {
    const ids: string[] = []
    let cursor: string | undefined
    do {
      const page = await search(
        `/v1/runs?limit=3${cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
      )
      ids.push(...page.runs.map((run) => run.run_id))
      cursor = page.next
    } while (cursor !== undefined)
    expect(ids).toEqual(['run-open', 'run-5', 'run-4', 'run-3', 'run-2', 'run-1', 'run-0'])
  })

  test('are found by the query language, which is read back', async () => {
    const page = await search(`/v1/runs?q=${encodeURIComponent('workflow:triage customer:globex')}`)
    expect(page.runs.map((run) => run.run_id)).toEqual(['run-open'])
    expect(page.understood).not.toBe('')
    expect(page.total).toEqual({ count: 1, exact: true })
  })

  test('come with counts of their facets', async () => {
    const page = await search('/v1/runs?facets=workflow,customer')
    const workflow = page.facets?.find(({ key }) => key === 'workflow')
    expect(workflow?.values.map(({ value, count }) => [value, count])).toEqual([
      ['refunds', 6],
      ['triage', 1],
    ])
    expect(page.facets?.map(({ key }) => key)).toEqual(['workflow', 'customer'])
  })

  test.for(['bogus', 'has', 'amount', 'sort', 'after', 'workflow,workflow', 'custmer'])(
    'the facets %s are refused, never answered with nothing',
    async (facets) => {
      const { status, body } = await server.request(`/v1/runs?facets=${facets}`)
      expect([status, body['code']]).toEqual([400, 'facet_invalid'])
      if (facets === 'custmer') expect(body['detail']).toContain('Did you mean customer?')
    },
  )

  test('a cursor goes on with its own question alone, and is refused when one character differs', async () => {
    const { next = '' } = await search('/v1/runs?limit=3')
    const cursor = encodeURIComponent(next)
    expect((await search(`/v1/runs?limit=3&cursor=${cursor}`)).runs).toHaveLength(3)
    for (const target of [
      `/v1/runs?q=outcome:done&cursor=${cursor}`,
      `/v1/actions?cursor=${cursor}`,
      `/v1/runs?cursor=${cursor}x`,
      `/v1/runs?cursor=${encodeURIComponent(next.slice(0, -1))}`,
    ]) {
      const { status, body } = await server.request(target)
      expect({ target, status, code: body['code'] }).toEqual({ target, status: 400, code: 'cursor_invalid' })
    }
  })

  test('dates of a query mean the same moment on every page', async () => {
    const q = encodeURIComponent('after:-1000d')
    const { next = '' } = await search(`/v1/runs?limit=3&q=${q}`)
    const read = (cursor: string): unknown[] => JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[]
    const second = await search(`/v1/runs?limit=3&q=${q}&cursor=${encodeURIComponent(next)}`)
    expect(read(second.next ?? '')[1]).toBe(read(next)[1])
  })

  test.for(['wrkflow:refunds', 'workflow:', '"open', '(workflow:refunds', 'outcome:wonderful', 'after:yesteryear'])(
    'the query %s is refused with the place of each problem, never run as a wider one',
    async (query) => {
      for (const path of ['/v1/runs', '/v1/actions']) {
        const { status, body } = await server.request(`${path}?q=${encodeURIComponent(query)}`)
        expect([status, body['code'], body['parameter']]).toEqual([400, 'query_invalid', 'q'])
        const problems = body['problems'] as { start: number; end: number; message: string }[]
        expect(problems.length).toBeGreaterThan(0)
        for (const { start, end, message } of problems) {
          expect(start).toBeGreaterThanOrEqual(0)
          expect(end).toBeLessThanOrEqual(query.length)
          expect(message).not.toBe('')
        }
        expect(body).not.toHaveProperty('runs')
      }
    },
  )

  test('a mistyped key gets a suggestion', async () => {
    const { body } = await server.request('/v1/runs?q=custmer:acme')
    expect(JSON.stringify(body['problems'])).toContain('customer')
  })

  test.for([
    ['cursor=nonsense', 'cursor_invalid'],
    ['limit=201', 'parameter_invalid'],
    ['limit=0', 'parameter_invalid'],
  ] as const)('%s is %s', async ([query, code]) => {
    const { status, body } = await server.request(`/v1/runs?${query}`)
    expect([status, body['code']]).toEqual([400, code])
  })
})

describe('one run', () => {
  test('has six answers with grades, its actions and its timeline', async () => {
    const { status, body } = await server.request('/v1/runs/run-3')
    const report = body as unknown as RunReport
    expect(status).toBe(200)
    expect(report.run.run_id).toBe('run-3')
    expect(report.answers).toHaveLength(6)
    expect(new Set(report.answers.map(({ question }) => question)).size).toBe(6)
    for (const { grade, text } of report.answers) {
      expect(['observed', 'claimed', 'inferred', 'none', 'missing']).toContain(grade)
      expect(text).not.toBe('')
    }
    expect(report.actions.map(({ type, effect_class }) => [type, effect_class])).toEqual([
      ['refund.create', 'financial'],
    ])
    expect(report.timeline.map(({ event_type }) => event_type)).toEqual([
      'run_created',
      'input_resolved',
      'decision_proposed',
      'validation_passed',
      'tool_called',
      'side_effect_applied',
      'run_completed',
    ])
  })

  test('shows its timeline in pages', async () => {
    const first = (await server.request('/v1/runs/run-3?limit=4')).body as unknown as RunReport
    expect(first.timeline).toHaveLength(4)
    const second = (await server.request(`/v1/runs/run-3?limit=4&from=${first.timeline_next}`))
      .body as unknown as RunReport
    expect(second.timeline).toHaveLength(3)
    expect(second.timeline_next).toBeUndefined()
    const seqs = [...first.timeline, ...second.timeline].map(({ run_seq }) => run_seq)
    expect(seqs).toEqual([0, 1, 2, 3, 4, 5, 6])
  })

  test('is found by a prefix that only it has', async () => {
    expect((await server.request('/v1/runs/run-o')).body['run']).toMatchObject({ run_id: 'run-open' })
    const { status, body } = await server.request('/v1/runs/run-')
    expect([status, body['code']]).toEqual([409, 'run_ambiguous'])
  })
})

test('actions are found by their own terms', async () => {
  const { body } = await server.request(
    `/v1/actions?q=${encodeURIComponent('action:refund.* target:order/run-2-order')}`,
  )
  const { actions } = body as unknown as ActionPage
  const all = (await server.request('/v1/actions?q=action:refund.*')).body as unknown as ActionPage
  expect(all.actions).toHaveLength(6)
  expect(actions.every(({ run_id }) => run_id === 'run-2')).toBe(true)
})
