import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { canonicalJson } from './canonical-json.ts'
import { decodeUtf8 } from './decode-utf8.ts'
import { JsonError } from './json-error.ts'
import { parseJson } from './parse-json.ts'
import { findSharedData } from '../../../../test/shared-data.ts'

const suiteFolder = findSharedData('json-test-suite/test_parsing') ?? ''
const jcsFolder = findSharedData('jcs-rfc8785') ?? ''
const isThere = suiteFolder !== '' && jcsFolder !== ''

const files = isThere ? readdirSync(suiteFolder).toSorted((a, b) => (a < b ? -1 : 1)) : []

function outcome(file: string): string {
  try {
    parseJson(decodeUtf8(readFileSync(join(suiteFolder, file))))
    return 'accepted'
  } catch (error) {
    if (error instanceof JsonError) return error.code
    throw error
  }
}

function outcomes(prefix: string): Map<string, string[]> {
  return Map.groupBy(
    files.filter((file) => file.startsWith(prefix)),
    outcome,
  )
}

test('the vectors are there, at least in CI', () => {
  expect(isThere || process.env['CI'] !== 'true').toBe(true)
})

test.runIf(isThere)('every valid text is accepted, duplicate names excepted', () => {
  const byOutcome = outcomes('y_')
  expect(byOutcome.get('accepted')).toHaveLength(93)
  byOutcome.delete('accepted')
  expect(Object.fromEntries(byOutcome)).toEqual({
    json_duplicate_key: ['y_object_duplicated_key.json', 'y_object_duplicated_key_and_value.json'],
  })
})

test.runIf(isThere)('all 188 invalid texts are refused with a code', () => {
  const byOutcome = outcomes('n_')
  expect([...byOutcome.values()].flat()).toHaveLength(188)
  expect(new Set(byOutcome.keys())).toEqual(new Set(['json_invalid', 'json_not_utf8']))
})

test.runIf(isThere)('where the standard leaves the choice, this is ours', () => {
  const byOutcome = outcomes('i_')
  expect(byOutcome.get('accepted')).toEqual([
    'i_number_double_huge_neg_exp.json',
    'i_number_huge_exp.json',
    'i_number_neg_int_huge_exp.json',
    'i_number_pos_double_huge_exp.json',
    'i_number_real_neg_overflow.json',
    'i_number_real_pos_overflow.json',
    'i_number_real_underflow.json',
    'i_number_too_big_neg_int.json',
    'i_number_too_big_pos_int.json',
    'i_number_very_big_negative_int.json',
    'i_structure_500_nested_arrays.json',
  ])
  expect(byOutcome.get('json_lone_surrogate')).toEqual([
    'i_object_key_lone_2nd_surrogate.json',
    'i_string_1st_surrogate_but_2nd_missing.json',
    'i_string_1st_valid_surrogate_2nd_invalid.json',
    'i_string_incomplete_surrogate_and_escape_valid.json',
    'i_string_incomplete_surrogate_pair.json',
    'i_string_incomplete_surrogates_escape_valid.json',
    'i_string_invalid_lonely_surrogate.json',
    'i_string_invalid_surrogate.json',
    'i_string_inverted_surrogates_U+1D11E.json',
    'i_string_lone_second_surrogate.json',
  ])
  // UTF-16, overlong forms, encoded surrogates, truncated sequences, a byte order mark.
  expect(byOutcome.get('json_not_utf8')).toHaveLength(14)
  expect(byOutcome.size).toBe(3)
})

test.runIf(isThere)('RFC 8785: the published vectors', () => {
  const names = isThere ? readdirSync(join(jcsFolder, 'input')) : []
  expect(names).toHaveLength(6)
  for (const name of names) {
    const value = parseJson(readFileSync(join(jcsFolder, 'input', name), 'utf8'))
    const hex = readFileSync(join(jcsFolder, 'outhex', name.replace('.json', '.txt')), 'utf8').replaceAll(/\s/g, '')
    expect(Buffer.from(canonicalJson(value)).toString('hex')).toBe(hex)
  }
})
