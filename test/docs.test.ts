import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkDocs, documents } from '../scripts/docs.ts'
import { readMarkdown } from '../scripts/markdown.ts'
import { firstMissing } from '../scripts/snippets.ts'
import { root } from '../scripts/tool.ts'

let folder: string
let program: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'counterfoil-docs-test-'))
  program = path.join(folder, 'program.js')
  await writeFile(program, `console.log('program', process.argv.slice(2).join(' '), Object.keys(process.env).join())`)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const fence = '`'.repeat(3)
const block = (info: string, ...code: string[]) => [fence + info, ...code, fence, ''].join('\n')

/** The problems of one Markdown file with this text, without its path. */
async function problems(text: string) {
  const file = `${crypto.randomUUID()}.md`
  await writeFile(path.join(folder, file), text)
  const report = await checkDocs(folder, [file], program)
  return report.problems.map(({ line, message }) => ({ line, message }))
}

describe('the documentation of this repository', () => {
  it('shows only code that works and links that lead somewhere', async () => {
    expect(documents(root)).toContain('ARCHITECTURE.md')
    const report = await checkDocs(root)
    expect(report.problems).toEqual([])
  })
})

describe('a ts block', () => {
  it('passes when it type-checks, runs, and prints what is expected', async () => {
    const text = block('ts', `const sum: number = 1 + 2`, `console.log('sum', sum)`) + block('text expect', 'sum …')
    expect(await problems(text)).toEqual([])
  })

  it('fails on a type error, at the line of the Markdown file', async () => {
    const found = await problems(`# Title\n\n${block('ts', `const text: string = 'a'`, `const wrong: number = text`)}`)
    expect(found).toHaveLength(1)
    expect(found[0]).toMatchObject({ line: 4, message: expect.stringMatching(/^line 5: TS2322/) })
  })

  it('fails when it throws', async () => {
    const [found] = await problems(block('ts', `throw new Error('it broke')`))
    expect(found?.message).toContain('it broke')
  })

  it('fails when the expected output is not printed', async () => {
    const [found] = await problems(block('ts', `console.log('one')`) + block('text expect', 'two'))
    expect(found?.message).toContain('"two"')
  })

  it('is not run with a reason, but still type-checked', async () => {
    expect(await problems(block('ts no-run: it needs an account', `throw new Error('never')`))).toEqual([])
    expect(await problems(block('ts no-run: it needs an account', `const a: number = ''`))).toHaveLength(1)
  })

  it('imports our packages', async () => {
    const code = `import { limits } from '@counterfoil/schema'\nconsole.log(typeof limits.idCharactersMax)`
    expect(await problems(block('ts', code) + block('text expect', 'number'))).toEqual([])
  })
})

describe('sh test blocks', () => {
  it('share one session', async () => {
    const first = block('sh test', 'name=world', 'mkdir sub && cd sub')
    const second = block('sh test', 'echo "hello $name"; basename "$PWD"') + block('text expect', 'hello world', 'sub')
    expect(await problems(first + second)).toEqual([])
  })

  it('have the program on the PATH, and none of our variables', async () => {
    const text = block('sh test', 'counterfoil a "b c"') + block('text expect', 'program a b c …PATH…')
    expect(await problems(text)).toEqual([])
    process.env['COUNTERFOIL_PROBE'] = '1'
    const probed = await problems(block('sh test', 'test -z "${COUNTERFOIL_PROBE:-}"'))
    delete process.env['COUNTERFOIL_PROBE']
    expect(probed).toEqual([])
  })

  it('fail with the output of the block that failed, at its line', async () => {
    const found = await problems(block('sh test', 'echo fine') + block('sh test', 'echo reason >&2; false', 'echo no'))
    expect(found).toEqual([{ line: 5, message: 'It failed (1):\nreason\n' }])
  })

  it('fail when the expected output is not printed', async () => {
    const [found] = await problems(block('sh test', 'echo one') + block('text expect', 'two'))
    expect(found?.message).toContain('"two"')
  })

  it('end what they left running', async () => {
    expect(await problems(block('sh test', 'sleep 1000 &'))).toEqual([])
  })

  it('say what to do when the program is not built', async () => {
    await writeFile(path.join(folder, 'unbuilt.md'), block('sh test', 'counterfoil'))
    const report = await checkDocs(folder, ['unbuilt.md'], path.join(folder, 'absent.js'))
    expect(report.problems.map(({ message }) => message).join()).toContain('npm run build')
  })
})

describe('other blocks', () => {
  it('leave a plain sh block alone', async () => {
    expect(await problems(block('sh', 'exit 1'))).toEqual([])
  })

  it.each([
    ['json that does not parse', block('json', '{ "a": … }'), 'does not parse'],
    ['no-run without a reason', block('ts no-run'), 'needs a reason'],
    ['a block that is never closed', `${fence}text\nabc`, 'never closed'],
    ['an expectation of nothing', block('text expect', 'a'), 'must follow'],
    ['an expectation of a block that is not run', block('ts no-run: why') + block('text expect', 'a'), 'not run'],
    ['an empty expectation', block('ts', 'void 0') + block('text expect'), 'expects nothing'],
    ['a link to a missing file', 'See [this](no/such.md#part).', 'leads nowhere'],
  ])('reject %s', async (_, text, message) => {
    const found = await problems(text)
    expect(found.map((problem) => problem.message).join()).toContain(message)
  })

  it('accept json, excerpts with a reason, outside links and anchors', async () => {
    const links = '[a](https://example.com/x) [b](#part) [c](.) `[d](nowhere.md)`'
    expect(await problems(block('json', '{ "a": 1 }') + block('json no-run: an excerpt', '{ … }') + links)).toEqual([])
  })
})

describe('the Markdown reader', () => {
  it('knows indented, longer and tilde fences', () => {
    const { blocks } = readMarkdown(
      `- a\n  ${fence}ts\n    x\n  ${fence}\n\n${fence}\`md\n${fence}ts\n${fence}\n${fence}\`\n~~~sh\ny\n~~~`,
    )
    expect(blocks.map(({ language, code, line, closed }) => ({ language, code, line, closed }))).toEqual([
      { language: 'ts', code: '  x', line: 3, closed: true },
      { language: 'md', code: `${fence}ts\n${fence}`, line: 7, closed: true },
      { language: 'sh', code: 'y', line: 11, closed: true },
    ])
  })

  it('gives back any code that was fenced, and never throws', () => {
    const line = fc.string({ unit: 'grapheme' }).filter((text) => !/[\r\n]|^\s*[`~]{3}/.test(text))
    fc.assert(
      fc.property(fc.array(line, { minLength: 1 }), (lines) => {
        const { blocks } = readMarkdown(`${fence}ts\n${lines.join('\n')}\n${fence}\n`)
        expect(blocks).toEqual([{ language: 'ts', info: '', code: lines.join('\n'), line: 2, closed: true }])
      }),
    )
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('`', '~', '\n', ' ', 'a', ']', '(') }),
        (text) => void readMarkdown(text),
      ),
    )
  })
})

describe('expected lines', () => {
  it('appear in order, whole, with … for any text', () => {
    const output = 'first 1\nsecond (x)\n  third\n'
    expect(firstMissing(['first …', '… (x)', 'third'], output)).toBeUndefined()
    expect(firstMissing(['third', 'first 1'], output)).toBe('first 1')
    expect(firstMissing(['first'], output)).toBe('first')
    expect(firstMissing(['second .x.'], output)).toBe('second .x.')
  })
})
