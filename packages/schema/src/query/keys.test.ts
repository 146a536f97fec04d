import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { eventDefinitions, reservedTypes } from '../events/index.ts'
import { effectClasses as schemaEffectClasses } from '../fields.ts'
import { limits } from '../limits.ts'
import { problemCodes, queryLimits } from './ast.ts'
import { effectClasses, eventTypes } from './choices.ts'
import { queryKeyNames, queryKeys } from './keys.ts'
import { parseQuery } from './parse.ts'
import { explainQuery } from './explain.ts'
import { formatQuery } from './format.ts'

const reference = readFileSync(new URL('../../../../docs/reference/query.md', import.meta.url), 'utf8')
const hasProblems = (text: string) =>
  parseQuery(text, { attributeKeys: new Set(['order', 'amount_minor']) }).problems.length > 0
const cell = (text: string) => text.replaceAll('|', String.raw`\|`)

describe('queryKeys', () => {
  it('has each name once, and an example that reads without problems', () => {
    expect(new Set(queryKeyNames).size).toBe(queryKeyNames.length)
    for (const { key, example, choices = [] } of queryKeys) {
      expect(example).toContain(`${key}:`)
      const texts = [example, ...choices.map(({ word }) => `${key}:${word} x`)]
      expect(texts.filter(hasProblems)).toEqual([])
    }
  })

  it('agrees with the schema, which it must not import', () => {
    expect(effectClasses).toEqual([...schemaEffectClasses])
    expect(limits.attributeKeyCharactersMax).toBe(64)
    const written = eventDefinitions.map(({ type }) => type)
    expect(eventTypes.toSorted()).toEqual([...written, ...reservedTypes].toSorted())
  })
})

describe('docs/reference/query.md', () => {
  it('holds exactly the table of keys', () => {
    const speaksOf = { run: 'run', action: 'action', outcome: 'action or run', query: 'the answer' } as const
    const rows = queryKeys.map(({ key, aliases = [], entity, meaning, choices = [], example }) => {
      const names = [key, ...aliases].map((name) => `\`${name}:\``).join(' ')
      const words =
        choices.length > 0 && choices.length <= 12 ? `: ${choices.map(({ word }) => `\`${word}\``).join(' ')}` : ''
      return `| ${names} | ${speaksOf[entity]} | ${cell(meaning)}${words} | \`${cell(example)}\` |`
    })
    const table = ['| Key | Speaks of | Meaning | Example |', '| --- | --- | --- | --- |', ...rows].join('\n')
    // The formatter pads the columns of the file.
    const unpadded = reference.replace(/ {2,}/gu, ' ').replace(/-{3,}/gu, '---')
    expect(unpadded.slice(unpadded.indexOf('| Key |')).split('\n\n')[0]).toBe(table)
  })

  it('has only examples that read without problems', () => {
    const blocks = [...reference.matchAll(/^```text\n(.*?)^```$/gmsu)].flatMap(([, block = '']) =>
      block.trim().split('\n'),
    )
    expect(blocks.length).toBeGreaterThan(10)
    expect(blocks.filter(hasProblems)).toEqual([])
  })

  it('has the explanation that the program gives', () => {
    const [, query = '', sentence = ''] =
      /^```text\n([^\n]+)\n```\n\n> (Understood as: [^\n]+)$/mu.exec(reference) ?? []
    expect(query).not.toBe('')
    expect(explainQuery(parseQuery(query).ast)).toBe(sentence)
    expect(formatQuery(parseQuery(query).ast)).toBe(query)
  })

  it('names every code of a problem, and the limits', () => {
    for (const code of problemCodes) expect(reference).toContain(`\`${code}\``)
    expect(reference).toContain(queryLimits.textCodeUnitsMax.toLocaleString('en-US'))
    expect(reference).toContain(`${queryLimits.termsMax} words`)
    expect(reference).toContain(`${queryLimits.depthMax} deep`)
  })
})
