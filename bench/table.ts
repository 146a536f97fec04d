import type { Machine } from './machine.ts'
import { meetsTarget, type Row } from './row.ts'

export interface SuiteRows {
  readonly suite: string
  readonly rows: readonly Row[]
  readonly seconds: number
  /** Why there are no rows. */
  readonly error?: string
}

/** One measured line for a terminal. */
export function rowLine(row: Row): string {
  const mark = { true: 'ok  ', false: 'MISS', undefined: '    ' }[String(meetsTarget(row))] ?? ''
  const beside =
    row.limitValue === undefined ? '' : `; ${number(row.ratio ?? 0)} × ${row.limitName} (${number(row.limitValue)})`
  return `${mark} ${number(row.value).padStart(9)} ${row.unit}${spreadText(row)}  ${row.name}${targetText(row, '; target ')}${beside}`
}

/** Everything as Markdown: the machine, then a table a suite. */
export function resultsMarkdown(
  machine: Machine,
  measuredAt: string,
  size: string,
  results: readonly SuiteRows[],
): string {
  const about = [
    `Measured ${measuredAt.slice(0, 10)} with \`npm run bench\` (${size}).`,
    '',
    `- processor: ${machine.processor}, ${machine.cores} cores; memory ${machine.memoryGib} GiB`,
    `- system: ${machine.system}; Node ${machine.node}; SQLite ${machine.sqlite}`,
    `- one fdatasync of a page: ${machine.fdatasyncMs.toFixed(2)} ms; load average before: ${machine.loadBefore.toFixed(1)}`,
    '',
    'Values are medians, with the smallest and the largest round in brackets. The ratio is value to limit, both measured in the same run.',
  ]
  const tables = results.flatMap(({ suite, rows, seconds, error }) => [
    '',
    `## ${suite}`,
    '',
    ...(error === undefined
      ? [
          '| Figure | Value | Target | Limit beside it | Ratio |',
          '| --- | ---: | ---: | --- | ---: |',
          ...rows.map(markdownRow),
        ]
      : [`Not measured: ${error}`]),
    '',
    `Took ${seconds.toFixed(0)} s.`,
  ])
  return `${[...about, ...tables].join('\n')}\n`
}

function markdownRow(row: Row): string {
  const met = { true: ' ✓', false: ' ✗', undefined: '' }[String(meetsTarget(row))] ?? ''
  const limit = row.limitValue === undefined ? '' : `${row.limitName}: ${number(row.limitValue)} ${row.unit}`
  const cells = [
    row.name,
    `${number(row.value)} ${row.unit}${spreadText(row)}`,
    `${targetText(row, '')}${met}`,
    limit,
    row.ratio === undefined ? '' : number(row.ratio),
  ]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

function spreadText({ spread }: Row): string {
  return spread === undefined ? '' : ` [${number(spread[0])}–${number(spread[1])}]`
}

function targetText({ target }: Row, before: string): string {
  if (target === undefined) return ''
  return 'atLeast' in target ? `${before}≥ ${number(target.atLeast)}` : `${before}≤ ${number(target.atMost)}`
}

/** Three significant digits, and thousands apart: more would pretend. */
function number(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 3 })
}
