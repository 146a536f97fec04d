import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { importers } from '../../src/import/index.ts'

const folder = fileURLToPath(new URL('../../src/import/', import.meta.url))

const isImporter = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'read' in value && 'derives' in value

test('the list has every importer of the folder', async () => {
  const files = readdirSync(folder).filter((file) => file.endsWith('.ts') && !/^index\.|\.test\./.test(file))
  const modules = await Promise.all(
    files.map(async (file) => (await import(`../../src/import/${file.slice(0, -3)}.ts`)) as object),
  )
  const found = modules.flatMap((module): unknown[] => Object.values(module)).filter(isImporter)
  expect(new Set(found)).toEqual(new Set(importers))
  expect(importers.map(({ name }) => name)).toEqual(['openai-chat', 'claude-code', 'ndjson'])
})
