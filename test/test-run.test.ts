import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { complaint, countLine, countTests, runTests } from '../scripts/test-run.ts'
import { root } from '../scripts/tool.ts'

let folder: string
beforeAll(async () => {
  // Inside the repository, so that the fixtures find vitest.
  const cache = path.join(root, 'node_modules', '.cache')
  await mkdir(cache, { recursive: true })
  folder = await mkdtemp(path.join(cache, 'test-run-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Runs vitest on files with these bodies. */
async function run(files: Record<string, string>) {
  const cwd = await mkdtemp(path.join(folder, 'case-'))
  await writeFile(path.join(cwd, 'vitest.config.mjs'), `export default { test: { include: ['*.test.mjs'] } }`)
  for (const [name, body] of Object.entries(files)) {
    await writeFile(path.join(cwd, `${name}.test.mjs`), `import { describe, it, expect } from 'vitest'\n${body}`)
  }
  const { VITEST: _, ...env } = process.env
  return runTests({ cwd, args: ['--root', cwd], env })
}

describe('the counts of a test run', () => {
  it('count tests by what became of them', async () => {
    const { code, counts } = await run({
      mixed: `it('a', () => {}); it('b', () => { expect(1).toBe(2) }); it['skip']('c', () => {}); it['todo']('d')`,
      group: `describe['skip']('g', () => { it('e', () => {}) }); it('f', () => {})`,
    })
    expect(counts).toEqual({ passed: 2, failed: 1, skipped: 3 })
    expect(code).not.toBe(0)
  })

  it('call a green run green', async () => {
    const { code, counts } = await run({ green: `it('a', () => {})` })
    expect({ code, counts }).toEqual({ code: 0, counts: { passed: 1, failed: 0, skipped: 0 } })
  })

  it('count a file that cannot be loaded as a failure', async () => {
    const { counts } = await run({ broken: `throw new Error('no')`, green: `it('a', () => {})` })
    expect(counts).toEqual({ passed: 1, failed: 1, skipped: 0 })
  })

  it('count an error outside of any test as a failure', async () => {
    const { code, counts } = await run({ stray: `it('a', () => { void Promise.reject(new Error('stray')) })` })
    expect(code).not.toBe(0)
    expect(counts.failed).toBe(1)
  })

  it('count a runner that crashed before its report as a failure', () => {
    expect(countTests(undefined, 137)).toEqual({ passed: 0, failed: 1, skipped: 0 })
  })
})

describe('the verdict', () => {
  it.each([
    [{ passed: 3, failed: 1, skipped: 0 }, false, 'failed'],
    [{ passed: 3, failed: 0, skipped: 1 }, true, 'skipped'],
    [{ passed: 0, failed: 0, skipped: 0 }, true, 'No test'],
  ])('%o with CI=%s complains: %s', (counts, ci, word) => {
    expect(complaint(counts, ci)).toContain(word)
  })

  it('is silent on success, and on skipped tests outside CI', () => {
    expect(complaint({ passed: 3, failed: 0, skipped: 0 }, true)).toBeUndefined()
    expect(complaint({ passed: 3, failed: 0, skipped: 1 }, false)).toBeUndefined()
  })

  it('ends in one fixed line', () => {
    expect(countLine({ passed: 12, failed: 0, skipped: 3 })).toBe('12 passed, 0 failed, 3 skipped')
  })
})
