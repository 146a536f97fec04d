import { type } from 'arktype'
import * as v from 'valibot'
import { expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { createRecorder, needsApproval, ref, type Action, type Recorder } from '../src/index.ts'

const sendMail = (mail: { to: string }): Promise<{ messageId: string }> => Promise.resolve({ messageId: mail.to })

/** Never called: only compiled. */
function declarations(recorder: Recorder): void {
  const input = z.object({ order: z.string(), amount: z.coerce.number<string>(), note: z.string().optional() })
  const refund = recorder.action('refund.create', {
    effect: 'financial',
    input,
    target: (p) => ref('order', p.order),
    checks: {
      limit: (p) => {
        expectTypeOf(p).toEqualTypeOf<{ order: string; amount: number; note?: string | undefined }>()
        return p.amount < 5 || needsApproval('over', { within: '1h' })
      },
      known: async () => true,
    },
    run: async (p, context) => {
      expectTypeOf(p.amount).toEqualTypeOf<number>()
      expectTypeOf(context.idempotencyKey).toEqualTypeOf<string>()
      expectTypeOf(context.signal).toEqualTypeOf<AbortSignal>()
      return { id: 're_1', amount: p.amount }
    },
    receipt: (r, p) => {
      expectTypeOf(r).toEqualTypeOf<{ id: string; amount: number }>()
      expectTypeOf(p.order).toEqualTypeOf<string>()
      return { ref: r.id }
    },
  })
  expectTypeOf(refund).parameter(0).toEqualTypeOf<{ order: string; amount: string; note?: string | undefined }>()
  expectTypeOf(refund).returns.resolves.toEqualTypeOf<{ id: string; amount: number }>()

  const ark = recorder.action('a.b', { effect: 'write', input: type({ n: 'number' }), run: (p) => p.n })
  expectTypeOf(ark).parameter(0).toEqualTypeOf<{ n: number }>()
  expectTypeOf(ark).returns.resolves.toEqualTypeOf<number>()
  const valibot = recorder.action('a.b', { effect: 'write', input: v.object({ n: v.number() }), run: (p) => `${p.n}` })
  expectTypeOf(valibot).parameter(0).toEqualTypeOf<{ n: number }>()
  expectTypeOf(valibot).returns.resolves.toEqualTypeOf<string>()

  const mail = recorder.wrap(sendMail, {
    action: 'email.send',
    effect: 'communicate',
    target: (p) => ref('mailbox', p.to),
    receipt: (r) => ({ ref: r.messageId }),
  })
  expectTypeOf(mail).toExtend<Action<{ to: string }, { to: string }, { messageId: string }>>()

  // @ts-expect-error the effect is missing
  recorder.action('a.b', { input, run: () => 1 })
  // @ts-expect-error the function is missing
  recorder.action('a.b', { effect: 'write', input })
  // @ts-expect-error the schema is missing
  recorder.action('a.b', { effect: 'write', run: () => 1 })
  // @ts-expect-error there is no such effect
  recorder.action('a.b', { effect: 'destroy', input, run: () => 1 })
  // @ts-expect-error a check that forgets its verdict
  recorder.action('a.b', { effect: 'write', input, checks: { limit: () => undefined }, run: () => 1 })
  // @ts-expect-error parameters of another shape
  void refund({ order: 5, amount: '1' })
  // @ts-expect-error a missing parameter
  void refund({ amount: '1' })
  // @ts-expect-error no such confidence
  void refund({ order: 'W1', amount: '1' }, { confidence: 'very' })
  // @ts-expect-error a run needs its trigger
  void recorder.run({ workflow: 'w' }, () => 1)
  // @ts-expect-error a run needs its workflow
  void recorder.run({ trigger: 'user' }, () => 1)
  // @ts-expect-error no such unit
  needsApproval('x', { within: '1 fortnight' })
  // @ts-expect-error a wrapped function that takes something else beside its parameters
  recorder.wrap((p: { a: number }, retries: number) => p.a + retries, { action: 'a.b', effect: 'write' })

  void recorder.run({ workflow: 'w', trigger: 'user' }, async (run) => {
    const proposed = run.propose(refund, { order: 'W1', amount: '5' })
    // @ts-expect-error it must be awaited before its steps
    void proposed.check('limit')
    const action = await proposed
    expectTypeOf(action.parameters.amount).toEqualTypeOf<number>()
    void action.check('limit')
    // @ts-expect-error no such check in the declaration, and no verdict either
    void action.check('limits')
    void action.check('limits', true)
    expectTypeOf(action.execute()).resolves.toEqualTypeOf<{ id: string; amount: number }>()
    const plain = await run.propose({ type: 'a.b', effect: 'write', parameters: { n: 1 } })
    // @ts-expect-error without a declaration the function must be given
    void plain.execute()
    expectTypeOf(plain.execute((p) => p.n)).resolves.toEqualTypeOf<number>()
    // @ts-expect-error a proposal says what its effect is
    void run.propose({ type: 'a.b', parameters: {} })
    // @ts-expect-error a person has an id
    run.override({ reason: 'x' })
  })

  recorder.record({ event_type: 'input_resolved', sources: [{ type: 'order', id: 'W1' }], payload: { any: 'thing' } })
  // @ts-expect-error a check has a verdict
  recorder.record({ event_type: 'validation_passed', check: { name: 'x', enforced: 'allowed' } })
  // @ts-expect-error tool_called needs the action
  recorder.record({ event_type: 'tool_called', tool: { name: 'x' } })
  // @ts-expect-error the server alone writes it
  recorder.record({ event_type: 'gap_detected' })
  // @ts-expect-error a run of one's own needs the order of its events
  recorder.record({ event_type: 'run_completed', run_id: 'own' })
  // @ts-expect-error there is no such member
  recorder.record({ event_type: 'input_resolved', colour: 'red' })
}

test('the declarations above compile, and those marked do not', () => {
  expect(declarations).toBeTypeOf('function')
  expect(() => createRecorder({ url: 'ftp://x', key: 'k' })).toThrow(/http/)
})
