import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { TextIndex } from './text-index.ts'
import { partitionPath } from './text-reader.ts'

let folder: string
let index: TextIndex
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'counterfoil-text-'))
  index = new TextIndex(folder)
  index.add(['zebra', 'quagga', 'okapi'].map((words, at) => ({ index: at, part: 'other' as const, words })))
})
afterEach(() => {
  index[Symbol.dispose]()
  rmSync(folder, { recursive: true })
})

const filesHold = (word: string): boolean =>
  readdirSync(folder).some((name) => readFileSync(join(folder, name)).includes(word))

it('says that it is not done while a reader keeps the old pages, and is done at the next try', () => {
  const reader = new DatabaseSync(partitionPath(folder, 0), { readOnly: true })
  reader.exec('BEGIN')
  reader.prepare('SELECT indexed_through FROM progress').get()
  expect(() => index.erase([1])).toThrow(expect.objectContaining({ code: 'database_busy' }) as Error)
  expect(filesHold('uagga')).toBe(true)
  reader.close()
  index.erase([1])
  expect(filesHold('uagga')).toBe(false)
  expect(filesHold('kapi')).toBe(true)
})

it('that fails in the middle changes nothing and can be tried again', () => {
  // A number to JavaScript, and nothing that can be bound.
  const unfit = { valueOf: () => 1 } as unknown as number
  expect(() => index.erase([0, unfit])).toThrow(/valueOf|bound/)
  expect(filesHold('ebra')).toBe(true)
  index.erase([0])
  expect(filesHold('ebra')).toBe(false)
})
