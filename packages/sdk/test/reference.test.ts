import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { recorderErrorCodes } from '../src/index.ts'

test('the reference lists every error code, in the order of the source', () => {
  const text = readFileSync(new URL('../../../docs/reference/sdk.md', import.meta.url), 'utf8')
  const table = text.split('<!-- error codes -->')[1]?.split('<!-- /error codes -->')[0] ?? ''
  const codes = [...table.matchAll(/^\| `(\w+)`/gm)].map(([, code]) => code)
  expect(codes).toEqual(recorderErrorCodes)
})
