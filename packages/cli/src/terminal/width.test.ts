import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createPaper } from './paper.ts'
import { alignedLines } from './table.ts'
import { visibleText } from './visible-text.ts'
import { cutText, padText, textWidth, wrapText } from './width.ts'

describe('widths', () => {
  it.each([
    ['', 0],
    ['abc', 3],
    ['é', 1],
    ['e\u0301', 1],
    ['東京', 4],
    ['한글', 4],
    ['👩‍🚀', 2],
    ['🇩🇪', 2],
    ['✓', 1],
    ['◌', 1],
  ])('%j takes %i cells', (text, cells) => expect(textWidth(text)).toBe(cells))

  it('what is cut fits, and what is padded fills', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 30 }), fc.integer({ min: 1, max: 20 }), (raw, cells) => {
        const text = visibleText(raw)
        expect(textWidth(cutText(text, cells, '…'))).toBeLessThanOrEqual(cells)
        expect(textWidth(padText(cutText(text, cells, '…'), cells))).toBe(cells)
      }),
    )
  })

  it('wrapping loses no word', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), fc.integer({ min: 1, max: 40 }), (text, cells) => {
        expect(wrapText(text, cells).join(' ')).toBe(text)
      }),
    )
  })
})

describe('tables', () => {
  it('stay aligned with wide text, and the last column that may gives way first', () => {
    const paper = { ...createPaper({ plain: true }), isTerminal: true }
    const rows = [
      { a: '東京', b: 'x'.repeat(90) },
      { a: 'abc', b: 'y' },
    ]
    const lines = alignedLines(
      rows,
      [
        { title: 'A', cell: ({ a }) => a },
        { title: 'B', cell: ({ b }) => b, shrinkTo: 5 },
        { title: 'C', cell: () => 'last' },
      ],
      paper,
    )
    expect(
      lines.map((line) => textWidth(line.slice(0, line.lastIndexOf(line.includes('last') ? 'last' : 'C')))),
    ).toEqual([96, 96, 96].map(() => textWidth(lines[1]?.slice(0, lines[1].lastIndexOf('last')) ?? '')))
    expect(Math.max(...lines.map(textWidth))).toBeLessThanOrEqual(paper.width)
  })

  it('are cut for nobody in a pipe', () => {
    const long = 'x'.repeat(300)
    const lines = alignedLines(
      [{ long }],
      [{ title: 'L', cell: (row) => row.long, shrinkTo: 5 }],
      createPaper({ plain: true }),
    )
    expect(lines[1]).toBe(long)
  })
})
