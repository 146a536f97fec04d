import { expect, test } from 'vitest'
import { changedFields } from './changed-fields.ts'

test('members that differ are named, whichever side lacks them; what the server sets is no difference', () => {
  const stored = {
    event_id: 'e',
    workflow: { name: 'a', version: '1' },
    attributes: { x: 1, y: 'z' },
    actor: { type: 'agent', id: 'a' },
    index: 4,
    key_id: 'k_1',
    payload: { commitment: 'c' },
  }
  const now = {
    event_id: 'e',
    workflow: { name: 'a' },
    attributes: { y: 'z', x: 2 },
    actor: { id: 'a', type: 'agent' },
    customer_id: 'c',
    payload: { text: 'hello' },
  }
  expect(changedFields(stored, now).toSorted()).toEqual(['/attributes/x', '/customer_id', '/workflow/version'])
  expect(changedFields(stored, { ...stored, payload: {}, index: 9 })).toEqual([])
})
