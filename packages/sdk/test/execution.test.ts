import { beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { ref } from '../src/index.ts'
import { useRecorder } from './_recorder.ts'
import { order, refundPlan, Shop, type RefundCall } from './_shop.ts'

const lab = useRecorder()
const { recorder } = lab
let shop: Shop

beforeEach(() => {
  shop = new Shop()
})

test('without a receipt the effect stays unconfirmed', async () => {
  const { receipt: _receipt, ...plan } = refundPlan
  const refund = recorder.action('refund.create', { ...plan, run: (p, c) => shop.refund(p, c) })
  const { error, story } = await lab.run(() => refund(order))
  expect(error).toBeUndefined()
  expect(story.events.slice(2)).toEqual([
    'schema: allow allowed',
    'tool_called',
    'tool_completed: success',
    'run_completed',
  ])
  expect(story.report.run).toMatchObject({ status: 'completed', outcome: 'unconfirmed' })
  expect(story.answers['effect']).toBe('unconfirmed: refund.create on order W1001.')
})

test('a function that throws: the caller gets its error, the log what it says', async () => {
  const declined = Object.assign(new Error('card declined'), { code: 'card_declined', status: 402 })
  const refund = recorder.action('refund.create', { ...refundPlan, run: () => Promise.reject(declined) })
  const { error, story } = await lab.run(() => refund(order))
  expect(error).toBe(declined)
  expect(story.events.slice(3)).toEqual(['tool_called', 'tool_completed: failure', 'run_failed'])
  expect(story.payload('tool_completed')).toEqual({
    error: { name: 'Error', message: 'card declined', code: 'card_declined' },
  })
  expect(story.envelope('run_failed')).toMatchObject({ failed_at: 'execution', reason_code: 'card_declined' })
  expect(story.report.run.outcome).toBe('failed')
})

test('an error that leaves the effect open', async () => {
  for (const lost of [
    new DOMException('The operation was aborted due to timeout', 'TimeoutError'),
    new DOMException('This operation was aborted', 'AbortError'),
    Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }),
    new TypeError('fetch failed', { cause: Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' }) }),
    Object.assign(new Error('Bad gateway'), { status: 502 }),
  ]) {
    const refund = recorder.action('refund.create', { ...refundPlan, run: () => Promise.reject(lost) })
    const { error, story } = await lab.run(() => refund(order))
    expect(error).toBe(lost)
    expect(story.events[5]).toMatch(/^side_effect_unknown: /)
    expect(story.report.run).toMatchObject({ status: 'failed', outcome: 'unconfirmed' })
  }
})

test('the integrator knows better what an error means', async () => {
  const lost = Object.assign(new Error('time-out'), { code: 'ETIMEDOUT' })
  const fail = (failure: () => 'not_applied' | 'unknown' | undefined) =>
    lab.run(() => recorder.action('refund.create', { ...refundPlan, failure, run: () => Promise.reject(lost) })(order))
  expect((await fail(() => 'not_applied')).story.report.run.outcome).toBe('failed')
  expect((await fail(() => undefined)).story.report.run.outcome).toBe('unconfirmed')
  const broken = await fail(() => {
    throw new Error('the judge is broken')
  })
  expect(broken.error).toBe(lost)
  expect(broken.story.report.run.outcome).toBe('unconfirmed')
})

test('a receipt that cannot be read: the caller gets the result, the effect stays open, somebody is told', async () => {
  const refund = recorder.action('refund.create', {
    ...refundPlan,
    run: (p, c) => shop.refund(p, c),
    receipt: () => {
      throw new Error('no id in the answer')
    },
  })
  const { result, error, story } = await lab.run(() => refund(order))
  expect([result, error]).toEqual([{ id: 're_1', amountMinor: 24_000 }, undefined])
  expect(story.events.slice(4)).toEqual([
    'tool_completed: success',
    'side_effect_unknown: receipt_failed',
    'run_completed',
  ])
  expect(story.report.run.outcome).toBe('unconfirmed')
  expect(lab.problems.splice(0)).toMatchObject([{ code: 'receipt_failed', runId: story.report.run.run_id }])
})

test('the function gets frozen parameters, which nobody can change after the call', async () => {
  const input = z.object({ order: z.string(), lines: z.array(z.object({ sku: z.string() })) })
  const got: unknown[] = []
  const ship = recorder.action('parcel.ship', {
    effect: 'write',
    input,
    checks: { slow: () => new Promise<boolean>((resolve) => setTimeout(() => resolve(true), 5)) },
    run: (p) => {
      got.push(structuredClone(p))
      expect(() => (p.order = 'W9')).toThrow(TypeError)
      expect(() => p.lines.push({ sku: 'x' })).toThrow(TypeError)
    },
  })
  const parameters = { order: 'W1', lines: [{ sku: 'a' }] }
  const { error, story } = await lab.run(async () => {
    const done = ship(parameters)
    parameters.order = 'W666'
    parameters.lines.push({ sku: 'gold' })
    await done
  })
  expect(error).toBeUndefined()
  expect(got).toEqual([{ order: 'W1', lines: [{ sku: 'a' }] }])
  expect(story.payload('tool_called')).toEqual({ parameters: { order: 'W1', lines: [{ sku: 'a' }] } })
  expect(story.payload('decision_proposed')).toEqual({ parameters: { order: 'W1', lines: [{ sku: 'a' }] } })
})

test('parameters without a schema are copied too: the object of the caller stays the caller’s', async () => {
  const got: unknown[] = []
  const write = recorder.wrap((p: { order: string }) => void got.push(p), { action: 'order.write', effect: 'write' })
  const parameters = { order: 'W1' }
  const { error } = await lab.run(async () => {
    const done = write(parameters)
    parameters.order = 'W666'
    await done
    parameters.order = 'W777'
  })
  expect([error, got]).toEqual([undefined, [{ order: 'W1' }]])
})

test('what cannot be frozen and was changed does not run', async () => {
  const got: unknown[] = []
  const book = recorder.action('room.book', {
    effect: 'write',
    input: z.object({ day: z.date() }),
    checks: {
      sly: (p) => {
        p.day.setFullYear(1999)
        return true
      },
    },
    run: (p) => void got.push(p),
  })
  const { error, story } = await lab.run(() => book({ day: new Date('2026-01-02') }))
  expect(error).toMatchObject({
    code: 'approval_mismatch',
    message: 'room.book did not run: what was proposed is not what was to run. Nothing was sent.',
  })
  expect(got).toEqual([])
  expect(story.events).not.toContain('tool_called')
})

test('what the schema makes of the parameters is what is proposed and runs; what was given is kept', async () => {
  const got: unknown[] = []
  const create = recorder.action('ticket.create', {
    effect: 'write',
    input: z.object({ title: z.string().trim(), priority: z.number().default(3), due: z.coerce.date() }),
    run: (p) => void got.push(p),
  })
  const { story } = await lab.run(() => create({ title: ' Broken ', due: '2026-01-02' }))
  expect(got).toEqual([{ title: 'Broken', priority: 3, due: new Date('2026-01-02') }])
  expect(story.events).toContain('schema: modify modified')
  expect(story.payload('decision_proposed')).toEqual({
    parameters: { title: 'Broken', priority: 3, due: '2026-01-02T00:00:00.000Z' },
    given: { title: ' Broken ', due: '2026-01-02' },
  })
})

test('secrets are nowhere in the log: not of parameters, results, errors, checks or attributes', async () => {
  const token = `ghp_${'a1B2c3D4e5F6g7H8i9J0'.repeat(2).slice(0, 36)}`
  const call = recorder.wrap(
    (p: { token: string; fail: boolean }) => {
      if (p.fail) throw new Error(`refused: bad token ${p.token}`)
      return { echo: p.token }
    },
    {
      action: 'api.call',
      effect: 'write',
      attributes: (p) => ({ note: p.token }),
      target: (p) => ref('token', p.token),
      checks: { reachable: () => ({ verdict: 'warn', reason: `with ${token}` }) },
    },
  )
  await lab.run(() => call({ token, fail: false }, { reasoning: `I use ${token}` }))
  const { error } = await lab.run(() => call({ token, fail: true }))
  expect(error).toMatchObject({ message: expect.stringContaining(token) })
  expect(lab.filesHolding(token)).toEqual([])
})

test('a decision without outside effect', async () => {
  const classify = recorder.action('ticket.classify', {
    effect: 'none',
    input: z.object({ label: z.enum(['spam', 'refund']) }),
    run: (p) => p.label,
  })
  const { result, story } = await lab.run(() => classify({ label: 'refund' }, { confidence: 'high' }))
  expect(result).toBe('refund')
  expect(story.report.run).toMatchObject({ outcome: 'done', flags: [] })
  expect(story.answers).toMatchObject({
    proposal: '1 action: ticket.classify.',
    effect: 'Nothing: no action with an effect was proposed.',
  })
  expect(story.grades).toMatchObject({ approval: 'none', effect: 'none' })
  const failing = recorder.action('ticket.classify', {
    effect: 'none',
    input: z.object({}),
    run: () => Promise.reject(new Error('fetch failed')),
  })
  const { story: failed } = await lab.run(() => failing({}))
  // Nothing outside can have changed, so nothing is open.
  expect(failed.events).not.toContain('side_effect_unknown: error')
  expect(failed.report.run.outcome).toBe('failed')
})

test('a read is context: one event, with what was read', async () => {
  const getOrder = recorder.action('order.get', {
    effect: 'read',
    tool: 'get_order',
    input: z.object({ order: z.string() }),
    target: (p) => ref('order', p.order),
    sources: (r: { etag: string }, p) => [{ ...ref('order', p.order, r.etag), trust: 'trusted' }],
    run: () => ({ etag: 'v7', total: 5 }),
  })
  const { result, story } = await lab.run(() => getOrder({ order: 'W1001' }))
  expect(result).toEqual({ etag: 'v7', total: 5 })
  expect(story.events).toEqual(['run_created', 'retrieval_completed', 'run_completed'])
  expect(story.answers).toMatchObject({
    context: '1 read with get_order: order W1001 (version v7).',
    proposal: 'It proposed no action, and the run has ended.',
    effect: 'Nothing: no action with an effect was proposed.',
  })
  expect(story.payload('retrieval_completed')).toEqual({
    parameters: { order: 'W1001' },
    result: { etag: 'v7', total: 5 },
  })
  expect(story.report.run).toMatchObject({ outcome: 'done' })
})

test('a read that fails, and one whose parameters do not fit', async () => {
  const getOrder = recorder.action('order.get', {
    effect: 'read',
    input: z.object({ order: z.string() }),
    run: () => Promise.reject(Object.assign(new Error('no such order'), { code: 'NOT_FOUND' })),
  })
  const failed = await lab.run(() => getOrder({ order: 'W1' }))
  expect(failed.error).toMatchObject({ message: 'no such order' })
  expect(failed.story.envelope('retrieval_completed')).toMatchObject({ result: 'failure', reason_code: 'not_found' })
  expect(failed.story.envelope('run_failed')).toMatchObject({ failed_at: 'retrieval' })
  const unfit = await lab.run(() => getOrder({ order: 5 as unknown as string }))
  expect(unfit.error).toMatchObject({ name: 'ActionNotRun', code: 'parameters_invalid' })
  expect(unfit.story.envelope('retrieval_completed')).toMatchObject({
    result: 'denied',
    reason_code: 'parameters_invalid',
  })
})

test('a read with a check is an action: it can be refused', async () => {
  const read = recorder.action('patient.read', {
    effect: 'read',
    input: z.object({ id: z.string() }),
    checks: { consent: (p) => p.id === 'p1' },
    run: (p) => shop.calls.push({ parameters: p as never, context: {} as never }),
  })
  const refused = await lab.run(() => read({ id: 'p2' }))
  expect(refused.error).toMatchObject({ code: 'check_failed', rule: 'consent' })
  expect(shop.calls).toEqual([])
  expect(refused.story.report.run.outcome).toBe('blocked')
  const { story } = await lab.run(() => read({ id: 'p1' }))
  expect(story.events.slice(3)).toEqual([
    'consent: allow allowed',
    'tool_called',
    'tool_completed: success',
    'run_completed',
  ])
  expect(story.report.run.outcome).toBe('done')
})

test('results that are no JSON harm nobody', async () => {
  const circular: Record<string, unknown> = { big: 5n, map: new Map([['a', 1]]), when: new Date(0) }
  circular['self'] = circular
  const thrower = Object.defineProperty({}, 'x', {
    enumerable: true,
    get: () => {
      throw new Error('gotcha')
    },
  })
  for (const value of [circular, thrower, new Response('x'), Symbol('s'), 'x'.repeat(3_000_000), undefined]) {
    const write = recorder.wrap<{ a: number }, unknown>(() => value, { action: 'thing.write', effect: 'write' })
    const { result, error, story } = await lab.run(() => write({ a: 1 }))
    expect([result, error]).toEqual([value, undefined])
    expect(story.events.slice(-2)).toEqual(['tool_completed: success', 'run_completed'])
  }
})

test('ids, names and attributes of any kind make no event invalid', async () => {
  const write = recorder.wrap<{ order: string }, number>(() => 1, {
    action: 'Order.Update-Now',
    effect: 'write',
    tool: 'größe ändern',
    target: (p) => ref('PurchaseOrder', p.order, 'ä 7'),
    alsoAffects: (p) => [ref('line item', `${p.order}/1`)],
    attributes: () => ({ Status: 'x', amountMinor: 5, ratio: 0.5, paid: true, text: `a\u202eb${'ü'.repeat(400)}` }),
    receipt: () => ({ ref: 'ref with blank' }),
  })
  const { error, story } = await lab.run(
    (run) => {
      run.input({ sources: [ref('Kunde', 'Müller & Söhne')], prompt: 'triage 7', model: 'gpt 4' })
      return write(
        { order: 'Bestellung Nr. 12 – Größe' },
        { reason: 'Because it is late!', callId: 'call 1', idempotencyKey: 'k ä' },
      )
    },
    {
      workflow: 'Erstattungen prüfen',
      version: '1 beta',
      customer: 'Müller GmbH & Co. KG '.repeat(12),
      trigger: { type: 'event', ref: 'ticket 8' },
      attributes: { environment: 'x', 'weird key': 'y' },
    },
  )
  expect(error).toBeUndefined()
  expect(story.actions[0]).toMatchObject({
    type: 'order.update_now',
    target: { type: 'purchase_order', id: 'Bestellung%20Nr.%2012%20%E2%80%93%20Gr%C3%B6%C3%9Fe' },
    external_ref: 'ref%20with%20blank',
    outcome: 'done',
  })
  expect(story.actions[0]?.attributes).toMatchObject({ attr_status: 'x', amount_minor: 5, ratio: '0.5', paid: 'true' })
  expect(story.payload('decision_proposed')).toMatchObject({ reason: 'Because it is late!' })
  expect(story.report.run.workflow).toEqual({ name: 'Erstattungen%20pr%C3%BCfen', version: '1%20beta' })
})

test('idempotency keys: one of our own for each action, or that of an earlier attempt', async () => {
  const refund = recorder.action('refund.create', { ...refundPlan, run: (p: RefundCall, c) => shop.refund(p, c) })
  const { story } = await lab.run(async () => {
    await refund(order)
    await refund(order)
    await refund(order, { idempotencyKey: shop.calls[1]?.context.idempotencyKey ?? '', attempt: 2 })
  })
  const keys = shop.calls.map(({ context }) => context.idempotencyKey)
  expect(new Set(keys).size).toBe(2)
  expect(keys[2]).toBe(keys[1])
  const calls = story.timeline.filter(({ event_type: type }) => type === 'tool_called')
  expect(calls.map(({ envelope }) => (envelope as { action: object }).action)).toMatchObject([
    { idempotency_key: keys[0], attempt: 1 },
    { idempotency_key: keys[1], attempt: 1 },
    { idempotency_key: keys[1], attempt: 2 },
  ])
})
