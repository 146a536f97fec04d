import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { packageSize, sizeReport } from '../scripts/package-size.ts'

const budget = { bytes: 1_000, gzipBytes: 100 }

test('counts the code that is published, and nothing else', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'counterfoil-size-'))
  mkdirSync(path.join(folder, 'p', 'dist', 'sub'), { recursive: true })
  writeFileSync(path.join(folder, 'p', 'dist', 'a.js'), 'x'.repeat(300))
  writeFileSync(path.join(folder, 'p', 'dist', 'sub', 'b.js'), 'x'.repeat(200))
  writeFileSync(path.join(folder, 'p', 'dist', 'a.js.map'), 'x'.repeat(9_000))
  const size = packageSize('p', folder)
  rmSync(folder, { recursive: true })
  expect(size).toMatchObject({ files: 2, bytes: 500 })
  expect(size.gzipBytes).toBeLessThan(100)
  expect(sizeReport('p', size, budget).problems).toEqual([])
})

test('over the budget, or not built, is a problem', () => {
  expect(sizeReport('p', { files: 1, bytes: 1_001, gzipBytes: 1 }, budget).problems).toHaveLength(1)
  expect(sizeReport('p', { files: 1, bytes: 1, gzipBytes: 101 }, budget).problems).toHaveLength(1)
  expect(sizeReport('p', { files: 0, bytes: 0, gzipBytes: 20 }, budget).problems).toEqual([
    'p is not built: npm run build',
  ])
})
