import type { Paper } from './paper.ts'
import { cutText, padText, textWidth } from './width.ts'

export interface Column<Row> {
  readonly title: string
  /** Text that is safe to print. */
  readonly cell: (row: Row) => string
  /** This column gives way when the window is narrow, down to this many cells; the last one first. */
  readonly shrinkTo?: number
  readonly tone?: (row: Row) => Parameters<Paper['style']>[0]
}

const gap = '  '

/** Aligned columns without boxes for a person; for a pipe the same columns, a tab between them and no header. */
export function tableLines<Row>(rows: readonly Row[], columns: readonly Column<Row>[], paper: Paper): string[] {
  if (paper.isTerminal) return alignedLines(rows, columns, paper)
  return rows.map((row) => columns.map((column) => column.cell(row)).join('\t'))
}

/** Aligned columns, whoever reads: for a table within prose. Only the window of a person is too narrow for anything. */
export function alignedLines<Row>(rows: readonly Row[], columns: readonly Column<Row>[], paper: Paper): string[] {
  const cells = rows.map((row) => columns.map((column) => column.cell(row)))
  const widths = columnWidths(cells, columns, paper.isTerminal ? paper.width : Number.POSITIVE_INFINITY)
  const mark = paper.ascii ? '...' : '…'
  const draw = (line: readonly string[], row?: Row): string =>
    line
      .map((cell, at) => {
        const text = cutText(cell, widths[at] ?? 0, mark)
        const tone = row === undefined ? undefined : columns[at]?.tone?.(row)
        const padding = at === line.length - 1 ? '' : padText('', (widths[at] ?? 0) - textWidth(text))
        return (tone === undefined ? text : paper.style(tone, text)) + padding
      })
      .join(gap)
  const header = draw(columns.map(({ title }) => title))
  return [paper.style('dim', header), ...rows.map((row, at) => draw(cells[at] ?? [], row))]
}

function columnWidths<Row>(
  cells: readonly (readonly string[])[],
  columns: readonly Column<Row>[],
  available: number,
): number[] {
  const widths = columns.map((column, at) =>
    Math.max(textWidth(column.title), ...cells.map((line) => textWidth(line[at] ?? ''))),
  )
  let excess = widths.reduce((sum, width) => sum + width + gap.length, -gap.length) - available
  for (let at = columns.length - 1; at >= 0 && excess > 0; at--) {
    const width = widths[at] ?? 0
    const smallest = columns[at]?.shrinkTo ?? width
    const less = Math.max(0, Math.min(excess, width - smallest))
    widths[at] = width - less
    excess -= less
  }
  return widths
}
