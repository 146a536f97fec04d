import { expect } from 'vitest'
import { z } from 'zod'
import { ActionNotRun, ref, type ActionContext, type RecorderErrorCode } from '../src/index.ts'

export interface RefundCall {
  readonly order: string
  readonly amountMinor: number
}

/** An external system that remembers what it was told to do. */
export class Shop {
  readonly calls: { readonly parameters: RefundCall; readonly context: ActionContext }[] = []

  refund = async (parameters: RefundCall, context: ActionContext): Promise<{ id: string; amountMinor: number }> => {
    this.calls.push({ parameters, context })
    await Promise.resolve()
    return { id: `re_${this.calls.length}`, amountMinor: parameters.amountMinor }
  }
}

const refundInput = z.strictObject({ order: z.string().min(1), amountMinor: z.int().positive() })

/** What every refund of these tests says of itself. */
export const refundPlan = {
  effect: 'financial',
  input: refundInput,
  target: (p: RefundCall) => ref('order', p.order),
  receipt: (r: { id: string; amountMinor: number }) => ({ ref: r.id, actual: { amountMinor: r.amountMinor } }),
} as const

export const order: RefundCall = { order: 'W1001', amountMinor: 24_000 }

/** Asserts a refusal: its code, its rule and its sentence. */
export function expectRefusal(error: unknown, code: RecorderErrorCode, sentence: string, rule?: string): ActionNotRun {
  expect(error).toBeInstanceOf(ActionNotRun)
  const refusal = error as ActionNotRun
  expect({ code: refusal.code, rule: refusal.rule, effect: refusal.effect, message: refusal.message }).toEqual({
    code,
    rule,
    effect: 'none',
    message: sentence,
  })
  expect(refusal.runUrl).toContain(refusal.runId)
  return refusal
}
