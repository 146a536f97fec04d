import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { accessScopes } from '../src/auth.ts'
import { problemTable, type ProblemEntry } from '../src/problem-table.ts'
import type { AnyRoute } from '../src/route.ts'
import { routes } from '../src/routes/index.ts'

const file = fileURLToPath(new URL('../../../docs/reference/http.md', import.meta.url))

/** A Markdown table as the formatter of this repository writes it. */
function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  const line = (cells: readonly string[], fill: string): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0, fill)).join(' | ')} |`
  const [head = [], ...body] = rows
  return [
    line(head, ' '),
    line(
      widths.map(() => ''),
      '-',
    ),
    ...body.map((row) => line(row, ' ')),
  ].join('\n')
}

function accessOf({ access }: AnyRoute): string {
  if (access === 'public') return 'none'
  if (access === 'own') return '`read`'
  const scopes: readonly string[] | undefined = accessScopes[access]
  return scopes === undefined
    ? 'any'
    : scopes
        .filter((scope) => scope !== 'admin' || scopes.length === 1)
        .map((scope) => `\`${scope}\``)
        .join(', ')
}

const sections = {
  routes: formatTable([
    ['Route', 'Scope', 'What it answers'],
    ...routes.map((route) => [
      `\`${route.method} ${route.path.replace(/\{.*\}/, '')}\``,
      accessOf(route),
      route.summary,
    ]),
  ]),
  problems: formatTable([
    ['Code', 'Status', 'Meaning', 'Again after'],
    ...Object.entries(problemTable)
      .map(([code, entry]): [string, ProblemEntry] => [code, entry])
      .toSorted(([codeA, a], [codeB, b]) => a.status - b.status || (codeA < codeB ? -1 : 1))
      .map(([code, { status, title, retryAfterSeconds }]) => [
        `\`${code}\``,
        String(status),
        title,
        retryAfterSeconds === undefined ? '' : `${retryAfterSeconds} s`,
      ]),
  ]),
}

/** Replaces what stands between `<!-- name… -->` and `<!-- /name -->`. */
function replaceSection(text: string, name: string, content: string): string {
  return text.replace(
    new RegExp(`(<!-- ${name}:[^\\n]*-->\\n)[^]*?(<!-- /${name} -->)`),
    (_, start: string, end: string) => `${start}\n${content}\n\n${end}`,
  )
}

test('the tables of docs/reference/http.md are those of the code; COUNTERFOIL_WRITE_DOCS=1 writes them', () => {
  const text = readFileSync(file, 'utf8')
  let expected = text
  for (const [name, content] of Object.entries(sections)) expected = replaceSection(expected, name, content)
  if (process.env['COUNTERFOIL_WRITE_DOCS'] === '1') writeFileSync(file, expected)
  expect(readFileSync(file, 'utf8')).toBe(expected)
  expect(expected).toContain('| `id_conflict`')
  expect(expected).toContain('`POST /v1/events`')
})

const namesIn = (text: string): string[] => [...new Set(text.match(/COUNTERFOIL_[A-Z_]+/g))].toSorted()

test('every setting that is read is documented, and no other', () => {
  const source = readFileSync(fileURLToPath(new URL('../src/config.ts', import.meta.url)), 'utf8')
  expect(namesIn(readFileSync(file, 'utf8'))).toEqual(namesIn(source))
})
