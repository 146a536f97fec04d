import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { defaultTextRules, keyRules } from './index.ts'

const page = readFileSync(new URL('../../../../docs/reference/redaction.md', import.meta.url), 'utf8')

/** The cells of every row of the page whose first cell is a rule. */
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) =>
    line
      .split('|')
      .map((cell) => cell.trim())
      .slice(1, -1),
  )

test('the page lists the rules as they are, in their order', () => {
  const keys = keyRules.map(({ id, description, names }) => [
    `\`${id}\``,
    description,
    names.map((name) => `\`${name}\``).join(' '),
  ])
  const texts = defaultTextRules.map(({ id, description, source }) => [`\`${id}\``, description, source])
  expect(rows).toEqual([...keys, ...texts])
})
