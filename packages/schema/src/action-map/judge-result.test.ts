import { expect, test } from 'vitest'
import { judgeResult, type ResultRules } from './index.ts'

const byText: ResultRules = { failure: [{ text_prefix: 'Error:' }] }
const byFlag: ResultRules = { failure: [{ flag: '/error' }] }

test.each<[string, string, unknown, ResultRules, string]>([
  ['a prefix', 'Error: no such order', {}, byText, 'failure'],
  ['a prefix only at the beginning', 'No Error: here', {}, byText, 'success'],
  ['a flag', 'None', { error: 'ValueError' }, byFlag, 'failure'],
  ['a flag that is not set', 'Error: x', { error: null }, byFlag, 'success'],
  ['an empty flag', 'x', { error: '' }, byFlag, 'success'],
  ['a pattern', 'request timed out', {}, { unknown: [{ text_pattern: 'timed? ?out' }] }, 'unknown'],
  ['a member of a JSON result', '{"ok":false}', {}, { failure: [{ pointer: '/ok', equals: false }] }, 'failure'],
  ['a member that is absent', '{}', {}, { failure: [{ pointer: '/ok', equals: false }] }, 'success'],
  ['no JSON at all', 'ok: false', {}, { failure: [{ pointer: '/ok', equals: false }] }, 'success'],
  ['denied before failed', 'Error: denied', {}, { ...byText, denied: [{ text_pattern: 'denied' }] }, 'denied'],
])('%s', (_name, text, message, rules, verdict) => {
  expect(judgeResult({ text, message }, rules)).toBe(verdict)
})

test('the rule of the tool wins over the rule of the map, for the verdict that it speaks of', () => {
  const result = { text: 'Error: polite', message: { error: true } }
  expect(judgeResult(result, { failure: [] }, byText)).toBe('success')
  expect(judgeResult(result, { unknown: [] }, byText)).toBe('failure')
  expect(judgeResult(result, undefined, undefined, byFlag)).toBe('failure')
})
