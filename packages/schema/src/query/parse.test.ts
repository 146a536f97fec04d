import { describe, expect, it } from 'vitest'
import { queryLimits } from './ast.ts'
import type { Problem, Query } from './ast.ts'
import { formatQuery } from './format.ts'
import { parseQuery } from './parse.ts'

const attributeKeys = new Set(['order', 'amount_minor', 'cost'])
const parse = (text: string) => parseQuery(text, { attributeKeys })
const codes = (text: string) => parse(text).problems.map(({ code }) => code)
const canonical = (text: string) => {
  const { ast, problems } = parse(text)
  expect(problems).toEqual([])
  return formatQuery(ast)
}
const applyFix = (text: string, problem: Problem | undefined) => {
  const fix = problem?.fix
  if (!fix) throw new Error(`no fix offered for ${text}`)
  return text.slice(0, fix.start) + fix.replacement + text.slice(fix.end)
}
const mended = (text: string) => {
  const { problems } = parse(text)
  expect(problems).toHaveLength(1)
  return canonical(applyFix(text, problems[0]))
}
const bare = (node: Query): unknown =>
  JSON.parse(JSON.stringify(node, (key, value: unknown) => (key === 'span' ? undefined : value)))

describe('queries that other parsers stumble over', () => {
  it.each([
    [
      'action:refund outcome:done after:2026-11-01 "free text"',
      'action:refund outcome:done after:2026-11-01 "free text"',
    ],
    ['outcome:blocked,failed -customer:acme amount:>=500', 'outcome:blocked,failed -customer:acme amount:>=500'],
    ['took:>1.5s cost:<0.05', 'took:>1.5s cost:<0.05'],
    ['(outcome:blocked OR outcome:failed) -is:open', '(outcome:blocked OR outcome:failed) -is:open'],
    ['has:edit !has:approval', 'has:edit -has:approval'],
    ['target:https://api.stripe.com/v1/refunds', 'target:https://api.stripe.com/v1/refunds'],
    ['after:-7d before:now', 'after:-7d before:now'],
    ['customer:"Acme, Inc." “wire transfer”', 'customer:"Acme, Inc." "wire transfer"'],
    ['tenant:acme by:maria', 'customer:acme actor:maria'],
    ['order:5513 amount_minor:>=500', 'order:5513 amount_minor:>=500'],
    ['a AND b OR c d', 'a b OR c d'],
  ])('%s', (text, expected) => {
    expect(canonical(text)).toBe(expected)
  })

  it('keeps the rest of a query that is still being typed', () => {
    const { ast, problems } = parse('outcome:done action:')
    expect(formatQuery(ast)).toBe('outcome:done')
    expect(problems).toMatchObject([{ code: 'missing_value', start: 20, end: 20 }])
  })

  it('takes an unclosed quote as closed at the end, and offers to close it', () => {
    const text = 'action:refund "unterminated'
    expect(formatQuery(parse(text).ast)).toBe('action:refund "unterminated"')
    expect(parse(text).problems).toMatchObject([{ code: 'unclosed_quote', start: 14, end: 27 }])
    expect(mended(text)).toBe('action:refund "unterminated"')
  })
})

describe('the tree', () => {
  it('gives every node its kind, typed values and its place', () => {
    const { ast } = parse('action:refund.* amount:>=€500 -"wire transfer"')
    expect(ast).toEqual({
      kind: 'and',
      span: { start: 0, end: 46 },
      children: [
        {
          kind: 'filter',
          key: 'action',
          ref: 'builtin',
          values: [{ kind: 'prefix', value: 'refund.', span: { start: 7, end: 15 } }],
          span: { start: 0, end: 15 },
        },
        {
          kind: 'filter',
          key: 'amount',
          ref: 'builtin',
          values: [
            {
              kind: 'compare',
              operator: '>=',
              operand: { type: 'money', value: '500', currency: 'EUR' },
              span: { start: 23, end: 29 },
            },
          ],
          span: { start: 16, end: 29 },
        },
        {
          kind: 'not',
          child: { kind: 'text', value: 'wire transfer', phrase: true, span: { start: 31, end: 46 } },
          span: { start: 30, end: 46 },
        },
      ],
    })
  })

  it.each([
    ['customer:none', { kind: 'none' }],
    ['customer:"none"', { kind: 'word', value: 'none' }],
    ['effect:none', { kind: 'word', value: 'none' }],
    ['customer:*', { kind: 'prefix', value: '' }],
    ['customer:"Acme L"*', { kind: 'prefix', value: 'Acme L' }],
    ['customer:Acme', { kind: 'word', value: 'Acme' }],
    ['OUTCOME:DONE', { kind: 'word', value: 'done' }],
    ['order:0012', { kind: 'word', value: '0012' }],
    [
      'amount_minor:100..500',
      { kind: 'range', from: { type: 'number', value: '100' }, to: { type: 'number', value: '500' } },
    ],
    ['amount:99.50usd', { kind: 'compare', operator: '=', operand: { type: 'money', value: '99.5', currency: 'USD' } }],
    ['took:<250ms', { kind: 'compare', operator: '<', operand: { type: 'duration', value: '250', unit: 'ms' } }],
    ['after:-2W', { kind: 'time', time: { type: 'time', form: 'relative', amount: 2, unit: 'w' } }],
    ['on:2026-q3', { kind: 'time', time: { type: 'time', form: 'quarter', text: '2026-Q3' } }],
    ['on:2026-11', { kind: 'time', time: { type: 'time', form: 'month', text: '2026-11' } }],
    ['on:yesterday', { kind: 'time', time: { type: 'time', form: 'yesterday' } }],
    ['after:2026-11-01t14:02z', { kind: 'time', time: { type: 'time', form: 'datetime', text: '2026-11-01T14:02Z' } }],
    ['after:14:02', { kind: 'time', time: { type: 'time', form: 'clock', text: '14:02' } }],
  ])('reads %s', (text, value) => {
    const { ast, problems } = parse(text)
    expect(problems).toEqual([])
    expect(bare(ast)).toMatchObject({ kind: 'filter', values: [value] })
  })

  it('dissolves needless nesting, and keeps a group that has its own in:', () => {
    expect(canonical('((a) ((b c)))')).toBe('a b c')
    expect(canonical('--a -(-b)')).toBe('a b')
    expect(canonical('(in:proposal x) (in:result y)')).toBe('(in:proposal x) (in:result y)')
  })
})

describe('traps', () => {
  it.each([
    ['- within a word', 'wire-transfer', 'wire-transfer'],
    ['NOT and a group', 'NOT (a OR b) NOT(c)', '-(a OR b) -c'],
    ['lower-case connectives are words', 'cats or dogs and not mice', 'cats or dogs and not mice'],
    ['escaped quotes', String.raw`"say \"no\"" customer:"a\\b"`, String.raw`"say \"no\"" customer:"a\\b"`],
    ['curly quotes inside straight ones', '"say “no” now"', String.raw`"say \"no\" now"`],
    ['straight start, curly end', '"wire transfer”', '"wire transfer"'],
    ['German quotes', 'customer:„Acme GmbH“', 'customer:"Acme GmbH"'],
    ['parentheses within a word', '(tool:f(x) OR f(y))', 'tool:"f(x)" OR "f(y)"'],
    ['a time of day is text', '14:02', '14:02'],
    ['composed and decomposed letters are equal', 'customer:Cafe\u0301', 'customer:Caf\u00e9'],
    ['control characters separate', 'a\u0000b\u0007"c\u0000d"', 'a b "c d"'],
    ['no-break and zero-width spaces separate', 'a\u00a0b\u200bc', 'a b c'],
    ['lone surrogates', 'customer:\ud800x "\udc00"', 'customer:\ufffdx "\ufffd"'],
    ['a comma list', 'customer:"Acme, Inc.",Globex,none', 'customer:"Acme, Inc.",Globex,none'],
    ['two dots in a word', 'target:a..b', 'target:"a..b"'],
    ['a number beside a comparison', 'amount:>1,=500', 'amount:>1,=500'],
  ])('%s', (_, text, expected) => {
    expect(canonical(text)).toBe(expected)
    expect(canonical(expected)).toBe(expected)
  })
})

describe('problems', () => {
  it.each([
    ['custmer:acme', 'unknown_key', 'customer:acme'],
    ['ordr:5513', 'unknown_key', 'order:5513'],
    ['https://example.com/a', 'unknown_key', '"https://example.com/a"'],
    ['outcome:mismach', 'bad_value', 'outcome:mismatch'],
    ['has:aproval', 'bad_value', 'has:approval'],
    ['took:5', 'bad_value', 'took:5s'],
    ['after:7d', 'bad_value', 'after:-7d'],
    ['amount:>1,500', 'bad_value', 'amount:>1500'],
    ['amount_minor:>1,500', 'bad_value', 'amount_minor:>1500'],
    ['action:a*b', 'bad_value', 'action:"a*b"'],
    ['refund*', 'bad_value', '"refund*"'],
    ['customer:<5', 'bad_value', 'customer:"<5"'],
    ['outcome:(done OR failed)', 'bad_value', 'outcome:done,failed'],
    ['after:"2026-11-01"', 'bad_value', 'after:2026-11-01'],
    ['sort:took,amount', 'bad_value', 'sort:took'],
    ['customer: acme', 'missing_value', 'customer:acme'],
    ['outcome:done, failed', 'missing_value', 'outcome:done,failed'],
    ['outcome:done,', 'missing_value', 'outcome:done'],
    ['customer:""', 'missing_value', 'customer:none'],
    ['a "" b', 'missing_value', 'a b'],
    ['a OR', 'missing_term', 'a'],
    ['AND a', 'missing_term', 'a'],
    ['a OR OR b', 'missing_term', 'a OR b'],
    ['a - b', 'missing_term', 'a b'],
    [':x', 'missing_key', '":x"'],
    ['(a OR b', 'unclosed_paren', 'a OR b'],
    ['a) b', 'unexpected_paren', 'a b'],
    ['a ()', 'empty_group', 'a'],
    [String.raw`"ends in \ `.trimEnd(), 'unclosed_quote', String.raw`"ends in \\"`],
  ])('%s is %s, and its fix gives %s', (text, code, expected) => {
    expect(codes(text)).toEqual([code])
    expect(mended(text)).toBe(expected)
  })

  it.each([
    ['after:2026-02-30', 'bad_value'],
    ['after:-1d,-2d', 'bad_value'],
    ['amount:007', 'bad_value'],
    ['amount:1e3', 'bad_value'],
    ['amount:€5usd', 'bad_value'],
    ['amount_minor:>many', 'bad_value'],
    ['customer:"Acme"x', 'bad_value'],
    ['customer:Ac"me"', 'bad_value'],
    ['type:nonsense_*', 'bad_value'],
    ['a OR sort:took', 'bad_position'],
    ['sort:took sort:-took', 'bad_position'],
    ['-in:input x', 'bad_position'],
    ['in:input in:message x', 'bad_position'],
    ['in:input', 'missing_term'],
    ['customer.name:x', 'unknown_key'],
    ['größe:5', 'unknown_key'],
  ])('%s is %s', (text, code) => {
    expect(codes(text)).toEqual([code])
  })

  it('knows attribute keys only when told, as a set or as a function', () => {
    expect(parseQuery('order:5513').problems).toMatchObject([{ code: 'unknown_key', start: 0, end: 5 }])
    const { ast, problems } = parseQuery('Order:5513', { attributeKeys: (key) => key === 'order' })
    expect(problems).toEqual([])
    expect(ast).toMatchObject({ kind: 'filter', key: 'order', ref: 'attribute' })
  })

  it('never lets an attribute shadow a key', () => {
    const { ast } = parseQuery('outcome:done', { attributeKeys: () => true })
    expect(ast).toMatchObject({ ref: 'builtin' })
  })
})

const nested = (depth: number) => `${'(a OR '.repeat(depth)}b${')'.repeat(depth)}`
const terms = (count: number) => Array.from({ length: count }, (_, index) => `w${index}`).join(' ')

describe('limits', () => {
  it('counts characters', () => {
    const longest = 'x'.repeat(queryLimits.textCodeUnitsMax)
    expect(codes(longest)).toEqual([])
    expect(parse(`${longest}x`)).toMatchObject({ ast: { kind: 'and', children: [] }, problems: [{ code: 'too_long' }] })
  })

  it('refuses a query whose canonical form would be too long to read again', () => {
    const text = `by:${'x'.repeat(queryLimits.textCodeUnitsMax - 3)}`
    expect(codes(text)).toEqual(['too_long'])
  })

  it('counts parentheses, and keeps what stands beside too many', () => {
    expect(codes(nested(queryLimits.depthMax))).toEqual([])
    expect(codes(nested(queryLimits.depthMax + 1))).toEqual(['too_deep'])
    expect(codes(`${'('.repeat(900)}${')'.repeat(900)}`)).toEqual(['too_deep'])
    expect(formatQuery(parse(`x ${'('.repeat(9)}a${')'.repeat(9)} y`).ast)).toBe('x y')
  })

  it('counts words and values together, and says so once', () => {
    expect(codes(terms(queryLimits.termsMax))).toEqual([])
    expect(codes(terms(queryLimits.termsMax + 50))).toEqual(['too_many_terms'])
    expect(codes(`customer:${terms(queryLimits.termsMax + 1).replaceAll(' ', ',')} a`)).toEqual(['too_many_terms'])
  })
})
