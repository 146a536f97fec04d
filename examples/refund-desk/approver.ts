import { createInterface } from 'node:readline/promises'
import type { Approver } from '@counterfoil/sdk'
import type { Fault } from './chaos.ts'

interface RefundParameters {
  readonly order: string
  readonly amountMinor: number
  readonly currency: string
}

/** Asks at the terminal: yes, no, or another amount. */
export const askAtTerminal: Approver = async (request, { signal }) => {
  const { order, amountMinor, currency } = request.parameters as unknown as RefundParameters
  const prompt = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const why = request.reasons.map(({ check, reason }) => reason ?? check).join(', ')
    const question = `Refund ${money(amountMinor)} ${currency} for order ${order}? (${why}) [y, n, or an amount] `
    const answer = (await prompt.question(question, { signal })).trim().toLowerCase()
    if (answer === 'y' || answer === 'yes') return { decision: 'approved', by: 'usr-finance-1' }
    const amount = /^\d+(\.\d{2})?$/.test(answer) ? Math.round(Number(answer) * 100) : undefined
    if (amount === undefined) return { decision: 'rejected', by: 'usr-finance-1', reason: 'not_agreed' }
    const parameters = { order, currency, amountMinor: amount }
    return { decision: 'approved', by: 'usr-finance-1', parameters }
  } finally {
    prompt.close()
  }
}

/** For a desk without a person: a rule says yes, and the log says that it was a rule. A lost edit needs an edit first. */
export function approveByRule(faultOf: (order: string) => Fault | undefined): Approver {
  return (request) => {
    const parameters = request.parameters as unknown as RefundParameters
    if (faultOf(parameters.order) !== 'lost_edit') return { decision: 'approved', by: 'rule-auto-approve', auto: true }
    return {
      decision: 'approved',
      by: 'usr-finance-1',
      parameters: { ...parameters, amountMinor: parameters.amountMinor - 5_000 },
    }
  }
}

function money(minor: number): string {
  return (minor / 100).toFixed(2)
}
