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
  [
    'several attempts, the last of which did not get there',
    new AggregateError([coded('ECONNRESET'), coded('ECONNREFUSED')]),
  ],
  ['a server error in the answer that is carried', Object.assign(new Error('x'), { response: { status: 502 } })],
  ['a server error of a cloud client', Object.assign(new Error('x'), { $metadata: { httpStatusCode: 503 } })],
  ['a deadline of gRPC', Object.assign(new Error('4'), { code: 4, details: 'x', metadata: {} })],
  ['a database that went away', new Error('Connection terminated unexpectedly')],
  ['a store that went away', new Error('connection 3 to 10.0.0.1:27017 closed')],
  ['an answer that is no JSON', new SyntaxError('Unexpected end of JSON input')],
])('%s leaves the effect open', (_, error) => {
  expect(judgeFailure(error)).toBe('unknown')
})

const cyclic = new Error('cyclic')
cyclic.cause = cyclic

test.each<[string, unknown]>([
  ['a refused connection', coded('ECONNREFUSED')],
  ['fetch to nowhere', new TypeError('fetch failed', { cause: coded('ENOTFOUND') })],
  ['a refusal of gRPC', Object.assign(new Error('timeout'), { code: 3, details: 'x', metadata: {} })],
  ['a client error in the answer that is carried', Object.assign(new Error('x'), { response: { statusCode: 422 } })],
  ['a client error', Object.assign(new Error('timeout is not a number'), { status: 422 })],
  ['a bug', new TypeError('x is not a function')],
  ['a cycle of causes', cyclic],
  ['nothing', undefined],
  ['null', null],
])('%s does not', (_, error) => {
  expect(judgeFailure(error)).toBe('not_applied')
})
