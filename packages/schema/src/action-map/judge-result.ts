import type { ResultCondition, ResultRules } from './definition.ts'
import { resolvePointer } from './resolve-pointer.ts'

/** What the transcript holds of a call's answer. */
export interface CallResult {
  /** The text that the tool gave back. */
  readonly text: string
  /** The whole result message as the source has it: where flags stand. */
  readonly message?: unknown
}

export type ResultVerdict = 'success' | 'failure' | 'denied' | 'unknown'

/** Longer texts are judged by their beginning, so that a pattern costs the same on any result. */
const judgedCharactersMax = 4_096

/**
 * Reads the result of a call by rules: the rules of the tool first, then those of the map, then those of the source.
 * The first list that has any rule for a verdict decides about that verdict.
 */
export function judgeResult(result: CallResult, ...lists: readonly (ResultRules | undefined)[]): ResultVerdict {
  for (const verdict of ['denied', 'unknown', 'failure'] as const) {
    const conditions = lists.find((rules) => rules?.[verdict] !== undefined)?.[verdict] ?? []
    if (conditions.some((condition) => holds(condition, result))) return verdict
  }
  return 'success'
}

function holds(condition: ResultCondition, { text, message }: CallResult): boolean {
  if ('text_prefix' in condition) return text.startsWith(condition.text_prefix)
  if ('text_pattern' in condition) {
    return new RegExp(condition.text_pattern, 'u').test(text.slice(0, judgedCharactersMax))
  }
  if ('flag' in condition) return isSet(resolvePointer(message, condition.flag))
  return resolvePointer(parsed(text), condition.pointer) === condition.equals
}

function isSet(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0
  return value !== undefined && value !== null && value !== false && value !== 0 && value !== ''
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
