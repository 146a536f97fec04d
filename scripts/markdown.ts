/** A fenced code block: its info string in words, its code, and the line of its first line of code (from 1). */
export interface Block {
  readonly language: string
  readonly info: string
  readonly code: string
  readonly line: number
  /** False when the file ended before the fence was closed. */
  readonly closed: boolean
}

export interface Link {
  readonly target: string
  readonly line: number
}

interface OpenFence {
  readonly indent: number
  readonly mark: string
  readonly info: string
  readonly line: number
  readonly code: string[]
}

/** The fenced code blocks of a Markdown text and the links outside of them. */
export function readMarkdown(text: string): { blocks: readonly Block[]; links: readonly Link[] } {
  const blocks: Block[] = []
  const links: Link[] = []
  let open: OpenFence | undefined
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (open === undefined) {
      open = openFence(line, index + 2)
      if (open === undefined) links.push(...readLinks(line, index + 1))
    } else if (closes(line, open)) {
      blocks.push(toBlock(open, true))
      open = undefined
    } else {
      open.code.push(line.slice(Math.min(open.indent, line.length - line.trimStart().length)))
    }
  }
  if (open !== undefined) blocks.push(toBlock(open, false))
  return { blocks, links }
}

function openFence(line: string, codeLine: number): OpenFence | undefined {
  const match = /^(\s*)(`{3,}|~{3,})(.*)$/.exec(line)
  if (match === null) return undefined
  const [, indent = '', mark = '', info = ''] = match
  // Inline code may start with three backticks; an info string cannot contain one.
  if (mark.startsWith('`') && info.includes('`')) return undefined
  return { indent: indent.length, mark, info: info.trim(), line: codeLine, code: [] }
}

function closes(line: string, open: OpenFence): boolean {
  const text = line.trim()
  return text.length >= open.mark.length && text === (open.mark[0] ?? '').repeat(text.length)
}

function toBlock(open: OpenFence, closed: boolean): Block {
  const [language = '', ...info] = open.info.split(/\s+/)
  return { language, info: info.join(' '), code: open.code.join('\n'), line: open.line, closed }
}

function readLinks(line: string, lineNumber: number): Link[] {
  const prose = line.replaceAll(/`[^`]*`/g, '')
  return [...prose.matchAll(/\]\(\s*<?([^)\s>]+)/g)].map((match) => ({ target: match[1] ?? '', line: lineNumber }))
}
