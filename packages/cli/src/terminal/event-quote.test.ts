import type { TimelineEntry } from '@counterfoil/ledger'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { bodyNote, eventQuotes } from './event-quote.ts'

const entry = (payload: unknown): TimelineEntry => ({ payload }) as TimelineEntry
const present = (content: unknown): TimelineEntry => entry({ state: 'present', content })

it.each([
  ['a message', { text: 'Hello' }, { words: ['Hello'] }],
  ['a message that was proposed', { parameters: { text: 'Done.' } }, { words: ['Done.'] }],
  [
    'a call, and what was said beside it',
    { parameters: { order: 'W1', amount: '12.50' }, said: 'I look.' },
    { call: 'order "W1", amount "12.50"', words: ['I look.'] },
  ],
  ['a call without arguments, and its answer', { parameters: {}, text: 'ok' }, { words: ['ok'] }],
  ['arguments that are no object', { parameters: 'ls -l' }, { call: '"ls -l"', words: [] }],
  ['content parts', { content: [{ type: 'text', text: 'a' }, { text: 'b' }] }, { words: ['a b'] }],
  ['a picture', { content: [{ type: 'image' }] }, { words: ['[{"type":"image"}]'] }],
  ['a failure', { text: 'no', error: 'Timeout' }, { words: ['no', 'Timeout'] }],
  ['a text alone', 'Hello', { words: ['Hello'] }],
  ['nothing', null, { words: [] }],
])('quotes %s', (_name, content, quotes) => expect(eventQuotes(present(content))).toEqual(quotes))

it('a quotation is bounded, whatever the body is', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string({ minLength: 400, maxLength: 4_000 }), (value, text) => {
      const { call = '', words } = eventQuotes(present({ parameters: { value, text }, text, error: value }))
      for (const quote of [call, ...words]) expect(Array.from(quote).length).toBeLessThanOrEqual(301)
    }),
  )
})

it('says why there is nothing to quote', () => {
  expect(bodyNote(present('x'))).toBeUndefined()
  expect(bodyNote({} as TimelineEntry)).toBeUndefined()
  expect(bodyNote(entry({ state: 'erased', size: 3 }))).toBe('Its body is erased.')
  expect(bodyNote(entry({ state: 'omitted', size: 23_866 }))).toBe(
    'Its body of 23,866 bytes is too large to be shown here.',
  )
  expect(eventQuotes(entry({ state: 'erased', size: 3 }))).toEqual({ words: [] })
})
