import type { Value } from '@counterfoil/schema/query'
import { prefixEnd } from '../../query/prefix-range.ts'
import { always, every, never, some, sql, type Sql } from './query-sql.ts'

/** `column` is SQL of ours, never of the query. */
export function compareText(column: string, value: Value): Sql {
  if (value.kind === 'word') return sql(`${column} = ?`, value.value)
  if (value.kind === 'none') return sql(`${column} IS NULL`)
  if (value.kind !== 'prefix') return never
  return value.value === '' ? sql(`${column} IS NOT NULL`) : startsWith(column, value.value)
}

/** A range, not LIKE: it uses the index and knows no wildcards. */
export function startsWith(column: string, prefix: string): Sql {
  const end = prefixEnd(prefix)
  const from = sql(`${column} >= ?`, prefix)
  return end === undefined ? from : every([from, sql(`${column} < ?`, end)])
}

const operators: ReadonlySet<string> = new Set(['=', '>', '>=', '<', '<='])

export interface Bounds {
  readonly operator: string
  readonly limit: number
}

/** A comparison or range as one or two bounds; undefined when the value is none of them. */
export function boundsOf(
  value: Value,
  read: (operand: { readonly value: string; readonly unit?: string }) => number,
): Bounds[] | undefined {
  if (value.kind === 'compare') return [{ operator: value.operator, limit: read(value.operand) }]
  if (value.kind !== 'range' || value.from.type === 'time' || value.to.type === 'time') return undefined
  return [
    { operator: '>=', limit: read(value.from) },
    { operator: '<=', limit: read(value.to) },
  ]
}

export function compareNumber(column: string, bounds: readonly Bounds[]): Sql {
  return every(
    bounds
      .filter(({ operator }) => operators.has(operator))
      .map(({ operator, limit }) => sql(`${column} ${operator} ?`, limit)),
  )
}

/**
 * The value of a term against one of the query. Integers are kept as numbers, decimals as text: a comparison of numbers
 * reads both. In SQLite's order every number is less than every text.
 */
export function compareTerm(value: Value): Sql {
  switch (value.kind) {
    case 'word': {
      const integer = /^(?:0|-?[1-9]\d{0,15})$/.test(value.value) && Number.isSafeInteger(Number(value.value))
      return integer
        ? sql('term.value IN (?, ?)', value.value, Number(value.value))
        : sql('term.value = ?', value.value)
    }
    case 'prefix':
      return value.value === '' ? always : startsWith('term.value', value.value)
    case 'compare':
    case 'range': {
      const bounds = boundsOf(value, (operand) => Number(operand.value))
      if (bounds === undefined) return never
      const numbers = every([compareNumber('term.value', bounds), sql(`term.value < ''`)])
      return some([
        numbers,
        every([sql(`term.value >= ''`), sql(isDecimal), compareNumber('CAST(term.value AS REAL)', bounds)]),
      ])
    }
    default:
      return never
  }
}

const isDecimal = `(term.value GLOB '[0-9]*' OR term.value GLOB '-[0-9]*') AND substr(term.value, 2) NOT GLOB '*[^0-9.]*' AND term.value NOT GLOB '*.*.*' AND term.value NOT GLOB '*.' AND term.value NOT GLOB '-'`
