import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { problemCodes } from './ast.ts'
import type { Query } from './ast.ts'
import { contextAt } from './context.ts'
import { explainQuery } from './explain.ts'
import { formatQuery } from './format.ts'
import { parseQuery } from './parse.ts'

const parse = (text: string) => parseQuery(text, { attributeKeys: new Set(['order']) })

const marks = '()-!:,"“”„*\\<>= '.split('')
const words = [
  'NOT',
  'AND',
  'OR',
  '..',
  'outcome:',
  'customer:',
  'amount:',
  'after:',
  'in:input',
  'sort:took',
  'order:',
]
const oddities = [
  'has:edit',
  'action:',
  'none',
  '500',
  '-7d',
  '>1',
  '\u0301',
  '\u0338',
  '\ud800',
  '\u0000',
  '\u200b',
  'é',
  'x',
]
const pieces = fc.constantFrom(...marks, ...words, ...oddities)

const hostileText = fc.oneof(
  fc.array(pieces, { maxLength: 40 }).map((list) => list.join('')),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 60 }).map((units) => String.fromCharCode(...units)),
)

describe('any string', () => {
  it('is read without throwing, with problems and nodes in their places', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const { ast, problems } = parse(text)
        for (const problem of problems) {
          expect(problemCodes).toContain(problem.code)
          expect(problem.message).not.toBe('')
          expectInside(problem, text)
          if (problem.fix) {
            expectInside(problem.fix, text)
            parse(text.slice(0, problem.fix.start) + problem.fix.replacement + text.slice(problem.fix.end))
          }
        }
        expectTree(ast, text)
      }),
      { numRuns: 3_000 },
    )
  })

  it('is mended by its fixes in a bounded number of steps, as far as there are fixes', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        let mended = text
        for (let steps = 0; steps <= 300; steps++) {
          const fix = parse(mended).problems.find((problem) => problem.fix)?.fix
          if (!fix) return
          mended = mended.slice(0, fix.start) + fix.replacement + mended.slice(fix.end)
        }
        expect(mended).toBe('a text without fixable problems')
      }),
    )
  })

  it('has a canonical form that is its own canonical form', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const once = formatQuery(parse(text).ast)
        expect(formatQuery(parse(once).ast)).toBe(once)
      }),
      { numRuns: 3_000 },
    )
  })

  it('has a context around every caret', () => {
    fc.assert(
      fc.property(hostileText, fc.oneof(fc.integer({ min: -3, max: 210 }), fc.constant(Number.NaN)), (text, caret) => {
        const { start, end, typed } = contextAt(text, caret)
        const inside = Math.min(Math.max(Number.isNaN(caret) ? 0 : caret, 0), text.length)
        expect(start).toBeLessThanOrEqual(inside)
        expect(end).toBeGreaterThanOrEqual(inside)
        expect(end).toBeLessThanOrEqual(text.length)
        expect(text.slice(0, inside).endsWith(typed)).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })

  it('can be explained', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        expect(explainQuery(parse(text).ast)).toMatch(/^Understood as: (?:all )?runs/u)
      }),
    )
  })
})

function expectInside({ start, end }: { start: number; end: number }, text: string): void {
  expect(start).toBeGreaterThanOrEqual(0)
  expect(end).toBeGreaterThanOrEqual(start)
  expect(end).toBeLessThanOrEqual(text.length)
}

function expectTree(node: Query, text: string): void {
  expectInside(node.span, text)
  if (node.kind === 'not') expectTree(node.child, text)
  if (node.kind === 'and' || node.kind === 'or') for (const child of node.children) expectTree(child, text)
  if (node.kind === 'filter') for (const value of node.values) expectInside(value.span, text)
}
