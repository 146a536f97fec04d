import type { RecorderErrorCode } from '../errors.ts'

/** Why an action does not run. */
export interface Refusal {
  readonly code: RecorderErrorCode
  /** The check that stands in the way. */
  readonly rule?: string
  /** As it stands in the sentence: "refund.create did not run: <why>. Nothing was sent." */
  readonly why: string
  readonly cause?: unknown
}

/** The sentence of a refusal, for logs and for the model that asked for the action. */
export function refusalSentence(type: string, { why }: Refusal): string {
  return `${type} did not run: ${why.replace(/[.\s]+$/, '')}. Nothing was sent.`
}

/** Who asks whom, in words: `amount_limit asked group:finance`. */
export function askedWords(asked: readonly { readonly check: string; readonly from?: string | undefined }[]): string {
  const rules = [...new Set(asked.map(({ check }) => check))].join(' and ')
  const whom = [...new Set(asked.flatMap(({ from }) => (from === undefined ? [] : [from])))].join(' and ')
  return `${rules} asked ${whom === '' ? 'for a person' : whom}`
}
