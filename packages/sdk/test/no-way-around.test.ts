import { beforeEach, describe, expect, it } from 'vitest'
import { needsApproval, type Approver } from '../src/index.ts'
import { useRecorder } from './_recorder.ts'
import { order, refundPlan, Shop } from './_shop.ts'

/** Ways on which an effect could come without what has to stand before it. */
let approver: Approver
const lab = useRecorder({ approver: (request, context) => approver(request, context) })
const { recorder } = lab
let shop: Shop
beforeEach(() => {
  shop = new Shop()
  approver = () => ({ decision: 'approved', by: 'usr-19' })
})

const limited = () =>
  recorder.action('refund.create', {
    ...refundPlan,
    checks: { amount_limit: (p) => p.amountMinor <= 20_000 || needsApproval('over_200') },
    run: (p, c) => shop.refund(p, c),
  })
const free = () => recorder.action('refund.create', { ...refundPlan, run: (p, c) => shop.refund(p, c) })

describe('an effect does not come', () => {
  it('when the log refuses its proposal, which travels together with its intent', async () => {
    const refund = free()
    // Too much for one leaf; the intent alone would fit.
    const attributes = Object.fromEntries(Array.from({ length: 32 }, (_, at) => [`note_${at}`, 'ä'.repeat(256)]))
    const { error, story } = await lab.run(() => refund(order, { attributes }))
    expect(error).toMatchObject({ code: 'event_refused', effect: 'none' })
    expect(shop.calls).toEqual([])
    expect(story.events).toContain('side_effect_blocked: event_refused')
    expect(lab.problems.splice(0)).not.toEqual([])
  })

  it('when asking a person failed and nobody waited for the answer', async () => {
    const { error } = await lab.run(async (run) => {
      const action = await run.propose({ type: 'refund.create', effect: 'financial', parameters: order })
      // Longer than anybody may be asked.
      action.approval({ within: '30d' }).catch(() => undefined)
      return action.execute((p, c) => shop.refund(p, c))
    })
    expect(error).toMatchObject({ code: 'approval_unavailable' })
    expect(shop.calls).toEqual([])
  })

  it.each(['came too late', 'is not known'])('when a check %s and nobody waited for it', async (how) => {
    const { error } = await lab.run(async (run) => {
      const action = await run.propose(free(), order)
      if (how === 'came too late') await action.approval()
      const check = how === 'came too late' ? action.check('weather', true) : action.check('unknown' as never)
      check.catch(() => undefined)
      return action.execute()
    })
    expect(error).toMatchObject({ code: 'check_missing' })
    expect(shop.calls).toEqual([])
  })

  it.each([{ amount_limit: true as const }, { amountLimit: true as const }])(
    'with a verdict of the caller in the place of a declared check: %o',
    async (checks) => {
      const refund = limited()
      const { error, story } = await lab.run(() => refund(order, { checks }))
      expect(error).toMatchObject({ code: 'action_invalid' })
      expect(String(error)).toContain('declares the check amount_limit')
      expect(shop.calls).toEqual([])
      expect(story.events).not.toContain('decision_proposed')
      const steps = await lab.run(async (run) => (await run.propose(limited(), order)).check('amount_limit', true))
      expect(steps.error).toMatchObject({ code: 'action_invalid' })
    },
  )

  it('with parameters of which a copy would have lost something', async () => {
    class Money {
      readonly #minor: number
      constructor(minor: number) {
        this.#minor = minor
      }
      toJSON(): number {
        return this.#minor
      }
    }
    const amounts: unknown[] = []
    const pay = recorder.wrap((p: { amount: unknown }) => amounts.push(p.amount), {
      action: 'pay',
      effect: 'financial',
    })
    const { error, story } = await lab.run(() => pay({ amount: new Money(500) }))
    expect(error).toMatchObject({ code: 'parameters_invalid' })
    expect(String(error)).toContain('/amount JSON cannot hold an instance of Money')
    expect(amounts).toEqual([])
    expect(story.events).toContain('side_effect_blocked: parameters_invalid')
    const made = await lab.run(() => pay({ amount: Object.create(null) as object }))
    expect(made.error).toBeUndefined()
  })

  it('under an empty idempotency key', async () => {
    const { error } = await lab.run(() => free()(order, { idempotencyKey: '' }))
    expect(error).toMatchObject({ code: 'action_invalid', pointer: '/idempotencyKey' })
    expect(shop.calls).toEqual([])
  })
})

it('the function gets the key of an earlier attempt exactly as it was', async () => {
  const key = `order W1001 refund 100% ${'x'.repeat(150)}`
  const { story } = await lab.run(() => free()(order, { idempotencyKey: key }))
  expect(shop.calls[0]?.context.idempotencyKey).toBe(key)
  const { action } = story.envelope('tool_called') as { action: { idempotency_key: string } }
  expect(action.idempotency_key).toMatch(/^~[0-9a-f]{32}~$/)
})

it('a run cannot end inside of what it waits for', async () => {
  const ends: unknown[] = []
  const { error } = await lab.run(async (run) => {
    const check = async (): Promise<boolean> => {
      await run.complete().catch((problem: unknown) => ends.push(problem))
      await recorder
        .run({ workflow: 'nested', trigger: 'agent' }, () => run.complete())
        .catch((problem: unknown) => ends.push(problem))
      return true
    }
    await recorder.action('refund.create', { ...refundPlan, checks: { check }, run: (p, c) => shop.refund(p, c) })(
      order,
    )
  })
  expect(error).toBeUndefined()
  expect(ends).toMatchObject([{ code: 'wrong_order' }, { code: 'wrong_order' }])
})

const failing = (message: string) =>
  recorder.wrap(() => Promise.reject(new Error(message)), { action: 'mail.send', effect: 'communicate' })

it('of several failures that nobody waited for, each is told', async () => {
  const { error } = await lab.run(() => {
    void failing('first')({})
    void failing('second')({})
  })
  expect(String(error)).toContain('first')
  expect(lab.problems.splice(0)).toMatchObject([{ code: 'action_ended' }])
})

it('half of a secret does not stay behind a cut', async () => {
  const token = ['ghp', 'A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8'].join('_')
  const fail = recorder.wrap(() => Promise.reject(new Error(`${'x '.repeat(990)}${token} ${'y '.repeat(900)}`)), {
    action: 'mail.send',
    effect: 'communicate',
    target: () => ({ type: 'url', id: `https://files.example/${'a'.repeat(80)}?token=${token}${'b'.repeat(40)}` }),
    attributes: () => ({ note: `${'z '.repeat(120)}${token} and more` }),
  })
  const { error } = await lab.run(() => fail({}))
  expect(String(error)).toContain(token)
  expect(lab.filesHolding(token.slice(0, 20), token.slice(10))).toEqual([])
})
