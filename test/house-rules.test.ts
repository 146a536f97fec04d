import { describe, expect, it } from 'vitest'
import { lengthProblems, lockfileProblems, nameProblems, wordingProblems } from '../scripts/house-rules.ts'

// Forbidden words are put together here, so that the rules do not find them in this very file.
const join = (...parts: string[]) => parts.join('')
const lock = (name: string, entry: object) => JSON.stringify({ packages: { [name]: entry } })
const lines = (count: number) => 'x\n'.repeat(count)
const file = (path: string, text = '') => ({ path, text })

describe('names', () => {
  it.each(['packages/store/src/utils.ts', 'packages/store/src/helpers/a.ts', 'scripts/common.ts', 'bench/types.ts'])(
    'reject %s',
    (path) => expect(nameProblems([file(path)])).toHaveLength(1),
  )

  it('accept what is named after one concept', () => {
    expect(nameProblems([file('packages/schema/src/event-types.ts'), file('docs/common-questions.md')])).toEqual([])
  })
})

describe('length', () => {
  it('is at most 400 lines in sources, and free elsewhere', () => {
    expect(lengthProblems([file('packages/a/src/b.ts', lines(401))])).toEqual([expect.stringContaining('401 lines')])
    expect(lengthProblems([file('packages/a/src/b.ts', lines(400)), file('docs/a.md', lines(900))])).toEqual([])
  })

  it('may be more for listed files, and the list stays true', () => {
    const listed = { 'packages/a/src/b.ts': 'a table' }
    expect(lengthProblems([file('packages/a/src/b.ts', lines(401))], listed)).toEqual([])
    expect(lengthProblems([file('packages/a/src/b.ts', lines(10))], listed)).toHaveLength(1)
    expect(lengthProblems([], listed)).toHaveLength(1)
  })
})

describe('wording', () => {
  it.each([
    ['a.ts', join('// TO', 'DO: later')],
    ['docs/a.md', join('FIX', 'ME')],
    ['a.ts', join('// @ts-', 'ignore')],
    ['a.ts', join('// oxlint-', 'disable-next-line no-console')],
    ['a.test.ts', join('it.', `skip('a', () => {})`)],
    ['a.long.ts', join('describe.', `only('a', () => {})`)],
  ])('rejects in %s: %s', (path, text) => {
    expect(wordingProblems([file(path, `first\n${text}`)])).toEqual([expect.stringMatching(`^${path}:2: `)])
  })

  it.each([
    ['a.ts', join('// oxlint-', 'disable-next-line no-console -- the user reads it')],
    ['a.test.ts', `it.skipIf(!data)('a', () => {})`],
    ['a.ts', `const mastodon = 'todo'`],
    ['a.ts', `queue.only(1)`],
  ])('accepts in %s: %s', (path, text) => {
    expect(wordingProblems([file(path, text)])).toEqual([])
  })
})

describe('the lockfile', () => {
  it('names no registry', () => {
    const resolved = 'https://registry.example/a/-/a-1.0.0.tgz'
    const [problem] = lockfileProblems(lock('node_modules/a', { resolved, integrity: 'sha512-x' }))
    expect(problem).toContain('registry.example')
    expect(
      lockfileProblems(lock('node_modules/a', { resolved: 'git+ssh://git@example/a', integrity: 'x' })),
    ).toHaveLength(1)
  })

  it('has an integrity hash for everything from outside', () => {
    expect(lockfileProblems(lock('node_modules/a', {}))).toHaveLength(1)
    expect(lockfileProblems(lock('node_modules/a', { integrity: 'sha512-x' }))).toEqual([])
    expect(lockfileProblems(lock('node_modules/@counterfoil/a', { resolved: 'packages/a', link: true }))).toEqual([])
    expect(lockfileProblems(lock('packages/a', {}))).toEqual([])
  })
})
