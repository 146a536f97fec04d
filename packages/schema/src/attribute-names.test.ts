import { expect, test } from 'vitest'
import { reservedAttributeNames } from './attribute-names.ts'
import { queryKeyNames } from './query/keys.ts'

test('are the keys of the query language, in its order', () => {
  expect(reservedAttributeNames).toEqual(queryKeyNames)
})
