import type { Block } from './markdown.ts'

/** Something wrong in a Markdown file. */
export interface Problem {
  readonly file: string
  readonly line: number
  readonly message: string
}

/** A block that is to be type-checked or run. */
export interface Snippet {
  readonly file: string
  readonly line: number
  readonly code: string
  readonly run: boolean
  /** Lines that its output must contain, in this order; `…` stands for any text. */
  readonly expect: readonly string[]
}

export interface FileSnippets {
  readonly ts: readonly Snippet[]
  readonly sh: readonly Snippet[]
  readonly problems: readonly Problem[]
}

/**
 * Sorts the blocks of one file. `ts` is type-checked and run, `sh test` is run, `json` must parse; `no-run: <reason>`
 * in the info string exempts a block from running (or from parsing). A `text expect` block belongs to the runnable
 * block before it.
 */
export function readSnippets(file: string, blocks: readonly Block[]): FileSnippets {
  const found = { ts: [] as Snippet[], sh: [] as Snippet[], problems: [] as Problem[] }
  for (const [position, block] of blocks.entries()) {
    const problem = (message: string) => found.problems.push({ file, line: block.line, message })
    if (!block.closed) problem('This code block is never closed.')
    const exempt = /^(.*?)\bno-run\b:?(.*)$/.exec(block.info)
    if (exempt !== null && !exempt[2]?.trim()) problem('no-run needs a reason: "no-run: <reason>".')
    const next = blocks[position + 1]
    const snippet: Snippet = {
      file,
      line: block.line,
      code: block.code,
      run: exempt === null,
      expect: next !== undefined && isExpectation(next) ? next.code.split('\n').filter((line) => line.trim()) : [],
    }
    const kind = kindOf(block)
    if (kind === 'ts' || (kind === 'sh' && snippet.run)) found[kind].push(snippet)
    if (kind === 'json' && exempt === null) checkJson(block.code, problem)
    if (kind === 'expect') {
      const before = blocks[position - 1]
      const kindBefore = before && kindOf(before)
      if (kindBefore !== 'ts' && kindBefore !== 'sh') problem('"text expect" must follow a block that is run.')
      else if (/\bno-run\b/.test(before?.info ?? '')) problem('"text expect" follows a block that is not run.')
      if (block.code.trim() === '') problem('"text expect" expects nothing.')
    }
  }
  return found
}

function kindOf(block: Block): 'ts' | 'sh' | 'json' | 'expect' | undefined {
  if (block.language === 'ts' || block.language === 'typescript') return 'ts'
  if (block.language === 'sh' && /^test\b/.test(block.info)) return 'sh'
  if (block.language === 'json') return 'json'
  return isExpectation(block) ? 'expect' : undefined
}

function isExpectation(block: Block): boolean {
  return block.language === 'text' && /^expect\b/.test(block.info)
}

function checkJson(code: string, problem: (message: string) => void): void {
  try {
    JSON.parse(code)
  } catch (error) {
    problem(`This JSON does not parse: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** The first expected line that the output lacks (in order), or undefined. */
export function firstMissing(expected: readonly string[], output: string): string | undefined {
  const lines = output.split(/\r?\n/)
  let from = 0
  for (const line of expected) {
    const parts = line
      .trim()
      .split('…')
      .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
    const pattern = new RegExp(`^\\s*${parts.join('.*')}\\s*$`)
    const at = lines.findIndex((candidate, index) => index >= from && pattern.test(candidate))
    if (at < 0) return line
    from = at + 1
  }
  return undefined
}
