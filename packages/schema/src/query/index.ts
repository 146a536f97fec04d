export { bindsAction } from './action-terms.ts'
export { equalQueries, problemCodes, queryLimits } from './ast.ts'
export type {
  AndNode,
  CompareOperator,
  CompareValue,
  DurationOperand,
  DurationUnit,
  FilterNode,
  Fix,
  MoneyOperand,
  NoneValue,
  NotNode,
  NumberOperand,
  Operand,
  OrNode,
  PrefixValue,
  Problem,
  ProblemCode,
  Quantity,
  Query,
  RangeValue,
  RelativeUnit,
  Span,
  TextNode,
  TimeFilterValue,
  TimeOperand,
  Value,
  WordValue,
} from './ast.ts'
export { contextAt } from './context.ts'
export type { QueryContext } from './context.ts'
export type { Choice } from './choices.ts'
export { querySort } from './directives.ts'
export type { SortOrder } from './directives.ts'
export { explainQuery } from './explain.ts'
export type { AttributeKeys } from './filter.ts'
export { formatQuery, formatValue } from './format.ts'
export { filterEntity, findQueryKey, queryKeyNames, queryKeys } from './keys.ts'
export type { KeyDefinition, KeyEntity, KeyType } from './keys.ts'
export { allOf, anyOf, emptyQuery, isEmptyQuery, noneOf, normalizeQuery } from './normalize.ts'
export { durationMs } from './operand.ts'
export { parseQuery } from './parse.ts'
export type { ParsedQuery, ParseOptions } from './parse.ts'
export { resolveDate, timeBounds } from './resolve-date.ts'
export type { ResolveOptions, TimeBounds } from './resolve-date.ts'
export { suggestWord } from './suggest.ts'
