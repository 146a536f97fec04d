import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { formats } from '../src/commands/import.ts'
import { commands } from '../src/commands/index.ts'
import { importers } from '../src/import/index.ts'
import { createProgram } from '../src/program.ts'
import { repository } from './_program.ts'

const verbs = commands.map((create) => create())

describe('verbs', () => {
  it('folder and list agree: one file a verb', () => {
    const files = readdirSync(new URL('../src/commands/', import.meta.url)).filter((file) => file !== 'index.ts')
    expect(files.map((file) => file.replace(/\.ts$/, ''))).toEqual(verbs.map((verb) => verb.name()).toSorted())
  })

  it.each(verbs.map((verb) => [verb.name(), verb] as const))('%s has a summary, --json and examples', (_, verb) => {
    expect(verb.summary()).not.toBe('')
    const leaves = verb.commands.length > 0 ? verb.commands : [verb]
    expect(leaves.filter((leaf) => !leaf.options.some(({ long }) => long === '--json'))).toEqual([])
    let help = ''
    verb.configureOutput({ writeOut: (text) => (help += text) }).outputHelp()
    expect(help).toMatch(/Examples:\n {2}counterfoil /)
  })

  it('import knows every importer', () => {
    expect(Object.entries(formats)).toEqual(importers.map(({ name, description }) => [name, description]))
  })

  it('and all their options stand in the reference', () => {
    const text = readFileSync(join(repository, 'docs/reference/cli.md'), 'utf8')
    const options = createProgram().commands.flatMap((verb) =>
      [verb, ...verb.commands].flatMap((command) => command.options.map(({ long }) => long ?? '')),
    )
    expect(options.filter((option) => !new RegExp(`[\` ]${option}[\` ]`).test(text))).toEqual([])
    expect(verbs.filter((verb) => !text.includes(`counterfoil ${verb.name()}`)).map((verb) => verb.name())).toEqual([])
  })
})
