import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { actionMapJsonSchema, parseActionMap } from './index.ts'

const root = fileURLToPath(new URL('../../../../', import.meta.url))

test('spec/action-map.schema.json is the definition; copy the expected value into it when it changed', () => {
  expect(JSON.parse(readFileSync(`${root}spec/action-map.schema.json`, 'utf8'))).toEqual(actionMapJsonSchema())
})

test('another validator reads the published schema as ours does', () => {
  const validate = new Ajv2020({ strict: false, unicodeRegExp: true }).compile(actionMapJsonSchema())
  const maps = readdirSync(`${root}examples/tools`)
  expect(maps.length).toBeGreaterThan(0)
  for (const file of maps) {
    const map: unknown = JSON.parse(readFileSync(`${root}examples/tools/${file}`, 'utf8'))
    expect({ file, valid: validate(map) }).toEqual({ file, valid: true })
    expect(parseActionMap(map)).toBe(map)
  }
  expect(validate({ version: 1, name: 'x', tools: { a: { action: 'a.b', effect: 'steal' } } })).toBe(false)
})
