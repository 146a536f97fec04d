import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseJson, type RawJson } from '../json/index.ts'
import { limits } from '../limits.ts'
import { createRedactor, mergeRedactions, type Redaction } from './index.ts'

const removal: fc.Arbitrary<Redaction> = fc.record({
  path: fc.string({ maxLength: 60 }).map((text) => `/payload/${text}`),
  rule: fc.constantFrom('key-password', 'email', 'github-token'),
})
const list = fc.array(removal, { maxLength: 120 })

/** How many removals a list tells of. */
const toldBy = (redactions: readonly Redaction[]): number =>
  redactions.reduce((sum, { rule }) => sum + Number(/^and-([0-9]+)-more$/.exec(rule)?.[1] ?? 1), 0)

test('a merged list stays within its limits and loses no removal', () => {
  fc.assert(
    fc.property(list, list, (ours, theirs) => {
      const distinct = new Set([...ours, ...theirs].map((one) => JSON.stringify([one.path, one.rule]))).size
      const merged = mergeRedactions(ours, theirs)
      expect(merged.length).toBeLessThanOrEqual(limits.redactionsMax)
      expect(merged.reduce((sum, { path, rule }) => sum + path.length + rule.length, 0)).toBeLessThanOrEqual(
        limits.redactionsCharactersMax + 40,
      )
      expect(toldBy(merged)).toBe(distinct)
      // What was merged before is not counted again.
      expect(mergeRedactions(merged)).toEqual(merged)
    }),
  )
})

test('a list that ended already goes on counting', () => {
  const many = Array.from({ length: 100 }, (_, at) => ({ path: `/payload/${at}`, rule: 'email' }))
  const sent = mergeRedactions(many)
  expect(sent).toHaveLength(limits.redactionsMax)
  const merged = mergeRedactions(sent, [{ path: '/summary', rule: 'email' }])
  expect(merged.at(-1)).toEqual({ path: '', rule: 'and-38-more' })
  expect(toldBy(merged)).toBe(101)
})

test('a place is named without hidden characters, so that whoever sends it is not refused', () => {
  const out: Redaction[] = []
  const redactor = createRedactor()
  const text = JSON.stringify({ payload: { 'a\u200bb\u0007': { password: 'Tr0ub4dor&3' } } })
  const { payload } = parseJson(text, { raw: 'payload', isInteresting: redactor.isSecretKey }) as { payload: RawJson }
  redactor.redactPayload(payload, out)
  expect(out).toEqual([{ path: '/payload/a\u{fffd}b\u{fffd}/password', rule: 'key-password' }])
})
