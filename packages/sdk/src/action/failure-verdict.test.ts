import { expect, test } from 'vitest'
import { judgeFailure } from './failure-verdict.ts'

const coded = (code: string, message = 'x'): Error => Object.assign(new Error(message), { code })

test.each<[string, unknown]>([
  ['a time-out', new DOMException('x', 'TimeoutError')],
  ['an abort', new DOMException('x', 'AbortError')],
  ['a reset', coded('ECONNRESET')],
  ['a broken pipe', coded('EPIPE')],
  ['fetch without a cause', new TypeError('fetch failed')],
  ['fetch that lost the answer', new TypeError('fetch failed', { cause: coded('UND_ERR_SOCKET') })],
  ['several, one of them open', new AggregateError([new Error('a'), coded('ETIMEDOUT')])],
  ['a server error', Object.assign(new Error('x'), { statusCode: 500 })],
  ['408', Object.assign(new Error('x'), { status: 408 })],
  ['words', new Error('Request timed out after 30 s')],
  ['a string', 'socket hang up'],
])('%s leaves the effect open', (_, error) => {
  expect(judgeFailure(error)).toBe('unknown')
})

const cyclic = new Error('cyclic')
cyclic.cause = cyclic

test.each<[string, unknown]>([
  ['a refused connection', coded('ECONNREFUSED')],
  ['fetch to nowhere', new TypeError('fetch failed', { cause: coded('ENOTFOUND') })],
  ['a client error', Object.assign(new Error('timeout is not a number'), { status: 422 })],
  ['a bug', new TypeError('x is not a function')],
  ['a cycle of causes', cyclic],
  ['nothing', undefined],
  ['null', null],
])('%s does not', (_, error) => {
  expect(judgeFailure(error)).toBe('not_applied')
})
