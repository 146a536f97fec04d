import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { equalQueries, queryLimits } from './ast.ts'
import type { FilterNode, Operand, Query, Value } from './ast.ts'
import { formatQuery } from './format.ts'
import { queryKeys } from './keys.ts'
import { allOf, anyOf, emptyQuery, noneOf, normalizeQuery } from './normalize.ts'
import { parseQuery } from './parse.ts'
import { cleanValue } from './scan.ts'

const span = { start: 0, end: 0 }
const attributeKeys = new Set(['order', 'amount_minor'])

const word = fc
  .oneof(
    fc.string({ minLength: 1, maxLength: 12 }),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }),
    fc.constantFrom(
      'none',
      'NOT',
      'OR',
      'a:b',
      '-x',
      '!x',
      '>5',
      '=5',
      '1..5',
      'a*',
      '*',
      '500',
      'a\\',
      '\\"',
      '(',
      'f(x)',
      'a,b',
      '“x”',
    ),
  )
  .map(cleanValue)
  .filter((value) => value.trim() !== '')
const decimal = fc.constantFrom('0', '1', '500', '99.5', '-3', '0.000001', '999999999999999')
const operands: Record<Operand['type'], fc.Arbitrary<Operand>> = {
  number: decimal.map((value) => ({ type: 'number', value })),
  money: fc.record(
    { type: fc.constant('money' as const), value: decimal, currency: fc.constantFrom('EUR', 'USD') },
    { requiredKeys: ['type', 'value'] },
  ),
  duration: fc.record({
    type: fc.constant('duration' as const),
    value: decimal.filter((value) => !value.startsWith('-')),
    unit: fc.constantFrom('ms' as const, 's' as const, 'm' as const, 'h' as const, 'd' as const, 'w' as const),
  }),
  time: fc.oneof(
    fc
      .constantFrom('now' as const, 'today' as const, 'yesterday' as const)
      .map((form) => ({ type: 'time' as const, form })),
    fc
      .record({
        amount: fc.integer({ min: 1, max: 999_999 }),
        unit: fc.constantFrom('s' as const, 'm' as const, 'd' as const),
      })
      .map((time) => ({ type: 'time' as const, form: 'relative' as const, ...time })),
    fc.constantFrom<Operand>(
      { type: 'time', form: 'year', text: '2026' },
      { type: 'time', form: 'quarter', text: '2026-Q3' },
      { type: 'time', form: 'month', text: '2026-11' },
      { type: 'time', form: 'day', text: '2024-02-29' },
      { type: 'time', form: 'clock', text: '14:02:05' },
      { type: 'time', form: 'datetime', text: '2026-11-01T14:02:03.5+02:00' },
    ),
  ),
}
const words = word.map((value): Value => ({ kind: 'word', value, span }))
const prefixes = fc.oneof(word, fc.constant('')).map((value): Value => ({ kind: 'prefix', value, span }))
const none = fc.constant<Value>({ kind: 'none', span })
const compares = (type: 'number' | 'money' | 'duration', operators = ['=', '>', '>=', '<', '<='] as const) =>
  fc
    .record({ operator: fc.constantFrom(...operators), operand: operands[type] })
    .map((it) => ({ kind: 'compare', ...it, span }) as Value)
const ranges = (type: Operand['type']) =>
  fc.tuple(operands[type], operands[type]).map(([from, to]): Value => ({ kind: 'range', from, to, span }))

const builtinFilters = queryKeys
  .filter(({ entity }) => entity !== 'query')
  .map((definition) => {
    const { key, type } = definition
    const kinds: fc.Arbitrary<Value>[] = definition.none === true ? [none] : []
    if (type === 'word') kinds.push(words, prefixes)
    if (type === 'choice')
      kinds.push(
        fc.constantFrom(...(definition.choices ?? [])).map((choice) => ({ kind: 'word', value: choice.word, span })),
      )
    if (type === 'choice' && definition.prefix === true)
      kinds.push(fc.constant({ kind: 'prefix', value: 'side_', span }))
    if (type === 'money' || type === 'duration') kinds.push(compares(type), ranges(type))
    if (type === 'time') kinds.push(operands.time.map((time) => ({ kind: 'time', time, span }) as Value))
    if (type === 'time' && definition.range === true) kinds.push(ranges('time'))
    const values = fc.array(fc.oneof(...kinds), { minLength: 1, maxLength: definition.single === true ? 1 : 3 })
    return values.map((values): FilterNode => ({ kind: 'filter', key, ref: 'builtin', values, span }))
  })
const attributeFilter = fc
  .record({
    key: fc.constantFrom(...attributeKeys),
    values: fc.array(
      fc.oneof(words, prefixes, none, ranges('number'), compares('number', ['>', '>=', '<', '<='] as never)),
      { minLength: 1, maxLength: 3 },
    ),
  })
  .map((it): FilterNode => ({ kind: 'filter', ref: 'attribute', ...it, span }))
const text = fc.record({
  kind: fc.constant('text' as const),
  value: word,
  phrase: fc.boolean(),
  span: fc.constant(span),
})
const scoped = text.map((inner) =>
  allOf([
    { kind: 'filter', key: 'in', ref: 'builtin', values: [{ kind: 'word', value: 'result', span }], span },
    inner,
  ]),
)

const { query } = fc.letrec<{ query: Query; node: Query }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'query' },
    fc.oneof(text, scoped, attributeFilter, ...builtinFilters),
    fc
      .array(tie('node'), { minLength: 2, maxLength: 4, depthIdentifier: 'query' })
      .map((children) => ({ kind: 'and' as const, children, span })),
    fc
      .array(tie('node'), { minLength: 2, maxLength: 4, depthIdentifier: 'query' })
      .map((children) => ({ kind: 'or' as const, children, span })),
    tie('node').map((child) => ({ kind: 'not' as const, child, span })),
  ),
  query: fc.oneof({ weight: 20, arbitrary: tie('node') }, { weight: 1, arbitrary: fc.constant(emptyQuery) }),
}))

describe('formatQuery', () => {
  it('writes what reads back as the same query', () => {
    let roundTrips = 0
    fc.assert(
      fc.property(query, (query) => {
        const text = formatQuery(query)
        fc.pre(text.length <= queryLimits.textCodeUnitsMax)
        const { ast, problems } = parseQuery(text, { attributeKeys })
        // A tree that breaks a rule (an `in:` twice in one group) is no query; it is still written and read alike.
        fc.pre(!problems.some(({ code }) => code === 'bad_position' || code === 'too_many_terms'))
        expect(problems).toEqual([])
        expect({ text, equal: equalQueries(ast, normalizeQuery(query)) }).toEqual({ text, equal: true })
        roundTrips++
      }),
      { numRuns: 2_000 },
    )
    expect(roundTrips).toBeGreaterThan(1_500)
  })

  it('brings trees into normal form without changing what they mean', () => {
    const a: Query = { kind: 'text', value: 'a', phrase: false, span }
    const b: Query = { kind: 'text', value: 'b', phrase: false, span }
    expect(formatQuery({ kind: 'and', children: [{ kind: 'and', children: [a], span }, b], span })).toBe('a b')
    expect(formatQuery(anyOf([a, emptyQuery]))).toBe('')
    expect(formatQuery(allOf([a, emptyQuery, anyOf([a, b])]))).toBe('a (a OR b)')
    expect(formatQuery(noneOf(noneOf(a)))).toBe('a')
  })
})
