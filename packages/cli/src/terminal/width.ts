const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })
const emoji = /^\p{RGI_Emoji}$/v
const zero = /^[\p{M}\p{Cf}\p{Cc}]+$/u

/** East Asian Wide and Fullwidth (UAX 11), by block: first and last code point. */
const wide: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x17000, 0x18cff],
  [0x1b000, 0x1b2ff],
  [0x20000, 0x3fffd],
]

function graphemeWidth(grapheme: string): number {
  const code = grapheme.codePointAt(0) ?? 0
  if (code < 0x300) return 1
  if (emoji.test(grapheme)) return 2
  if (zero.test(grapheme)) return 0
  return wide.some(([first, last]) => code >= first && code <= last) ? 2 : 1
}

/** Cells that a text takes on a terminal. */
export function textWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  let width = 0
  for (const { segment } of segmenter.segment(text)) width += graphemeWidth(segment)
  return width
}

/** The text with spaces behind it, to a width in cells. */
export function padText(text: string, cells: number): string {
  return text + ' '.repeat(Math.max(0, cells - textWidth(text)))
}

/** At most this many cells, cut between graphemes, with `mark` where something was cut. */
export function cutText(text: string, cells: number, mark: string): string {
  if (textWidth(text) <= cells) return text
  let kept = ''
  let width = textWidth(mark)
  for (const { segment } of segmenter.segment(text)) {
    width += graphemeWidth(segment)
    if (width > cells) break
    kept += segment
  }
  return kept + mark
}

/** Breaks a text at spaces into lines of at most this many cells; a longer word stands alone and is not broken. */
export function wrapText(text: string, cells: number): string[] {
  const lines: string[] = []
  let line: string | undefined
  for (const word of text.split(' ')) {
    const longer = line === undefined ? word : `${line} ${word}`
    if (line !== undefined && textWidth(longer) > cells) {
      lines.push(line)
      line = word
    } else line = longer
  }
  return [...lines, line ?? '']
}
