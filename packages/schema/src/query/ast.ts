/** Where something stands in the text, in UTF-16 code units: `[start, end)`. */
export interface Span {
  readonly start: number
  readonly end: number
}

/**
 * A query in normal form: `and` and `or` have at least two children and none of their own kind; `not` never holds a
 * `not`. The empty query, which is everything, is an `and` without children and stands only at the root.
 */
export type Query = AndNode | OrNode | NotNode | FilterNode | TextNode

export interface AndNode {
  readonly kind: 'and'
  readonly children: readonly Query[]
  readonly span: Span
}

export interface OrNode {
  readonly kind: 'or'
  readonly children: readonly Query[]
  readonly span: Span
}

export interface NotNode {
  readonly kind: 'not'
  readonly child: Query
  readonly span: Span
}

/** `key:value,value`: true when any one of the values holds. */
export interface FilterNode {
  readonly kind: 'filter'
  /** Canonical and in lower case: aliases are already resolved. */
  readonly key: string
  /** `attribute` is a key of the integrator's own, in `attributes`. */
  readonly ref: 'builtin' | 'attribute'
  /** At least one. */
  readonly values: readonly Value[]
  readonly span: Span
}

/** Free text: a single word, or the words of a quoted phrase next to each other and in this order. */
export interface TextNode {
  readonly kind: 'text'
  readonly value: string
  readonly phrase: boolean
  readonly span: Span
}

export type Value = WordValue | PrefixValue | NoneValue | CompareValue | RangeValue | TimeFilterValue

/** Equal to `value`, in exact case. Words of a closed list are already in lower case. */
export interface WordValue {
  readonly kind: 'word'
  readonly value: string
  readonly span: Span
}

/** Starts with `value`, in exact case. The empty prefix (`customer:*`) is "has any value at all". */
export interface PrefixValue {
  readonly kind: 'prefix'
  readonly value: string
  readonly span: Span
}

/** The field is absent. */
export interface NoneValue {
  readonly kind: 'none'
  readonly span: Span
}

export type CompareOperator = '=' | '>' | '>=' | '<' | '<='

/** Of keys with typed values; on attributes a number, and never `=` (that is a word). */
export interface CompareValue {
  readonly kind: 'compare'
  readonly operator: CompareOperator
  readonly operand: Quantity
  readonly span: Span
}

/** `from..to`, both included; both sides have the same type. */
export interface RangeValue {
  readonly kind: 'range'
  readonly from: Operand
  readonly to: Operand
  readonly span: Span
}

/** The value of `after:`, `before:` and `on:`; `timeBounds` turns it into milliseconds. */
export interface TimeFilterValue {
  readonly kind: 'time'
  readonly time: TimeOperand
  readonly span: Span
}

export type Quantity = NumberOperand | MoneyOperand | DurationOperand
export type Operand = Quantity | TimeOperand

/** `value` is a canonical decimal: no exponent, no leading or trailing zeros, no `-0`. */
export interface NumberOperand {
  readonly type: 'number'
  readonly value: string
}

/** An amount in major units (500 is five hundred euros), as a canonical decimal; `currency` is ISO 4217 in capitals. */
export interface MoneyOperand {
  readonly type: 'money'
  readonly value: string
  readonly currency?: string
}

/** As it was written (`1.5` `s`); `durationMs` gives its length. */
export interface DurationOperand {
  readonly type: 'duration'
  readonly value: string
  readonly unit: DurationUnit
}

export type DurationUnit = 'ms' | 's' | 'm' | 'h' | 'd' | 'w'

/** A moment or period, kept symbolic so that a stored query rolls with the clock. `text` is its canonical spelling. */
export type TimeOperand =
  | { readonly type: 'time'; readonly form: 'now' | 'today' | 'yesterday' }
  | { readonly type: 'time'; readonly form: 'relative'; readonly amount: number; readonly unit: RelativeUnit }
  | {
      readonly type: 'time'
      readonly form: 'year' | 'quarter' | 'month' | 'day' | 'clock' | 'datetime'
      readonly text: string
    }

export type RelativeUnit = 's' | 'm' | 'h' | 'd' | 'w'

export const problemCodes = [
  'unknown_key',
  'missing_key',
  'missing_value',
  'missing_term',
  'bad_value',
  'bad_position',
  'unclosed_quote',
  'unclosed_paren',
  'unexpected_paren',
  'empty_group',
  'too_long',
  'too_deep',
  'too_many_terms',
] as const

export type ProblemCode = (typeof problemCodes)[number]

/** What stops a query from being run, in words, with its place, and where possible one edit that would mend it. */
export interface Problem extends Span {
  readonly code: ProblemCode
  readonly message: string
  readonly fix?: Fix
}

/** Replace `[start, end)` of the text by `replacement`; `label` is what the button says. */
export interface Fix extends Span {
  readonly label: string
  readonly replacement: string
}

/** Bounds of one query. They stand here because this folder imports nothing: it also runs inside the console. */
export const queryLimits = {
  /** Of the text as typed and of its canonical form, in UTF-16 code units. */
  textCodeUnitsMax: 2_000,
  /** Parentheses within parentheses. */
  depthMax: 8,
  /** Words, phrases and filter values together. */
  termsMax: 100,
} as const

/** True when both ask for the same in the same order and words, wherever they stood in their texts. */
export function equalQueries(a: Query, b: Query): boolean {
  return equalParts(a, b)
}

function equalParts(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  const left = withoutSpan(a)
  const right = new Map(withoutSpan(b))
  return left.length === right.size && left.every(([key, value]) => right.has(key) && equalParts(value, right.get(key)))
}

function withoutSpan(part: object): [string, unknown][] {
  return Object.entries(part).filter(([key]) => key !== 'span')
}
