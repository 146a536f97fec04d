import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root, runTool } from '../scripts/tool.ts'
import { layers, packageName } from './layer-table.ts'

interface Case {
  readonly file: string
  readonly specifier: string
  readonly allowed: boolean
}

const names = Object.keys(layers)

// Every layer against every package of ours, by its main door and by a subpath.
const packageCases = names.flatMap((layer) =>
  names.flatMap((other) =>
    ['', '/sub'].map((sub): Case => {
      const allowed = layers[layer]?.includes(other) ?? false
      return { file: `packages/${layer}/src/probe.ts`, specifier: packageName(other) + sub, allowed }
    }),
  ),
)

const otherCases: readonly Case[] = [
  ...names.map((layer) => ({
    file: `packages/${layer}/src/probe.ts`,
    specifier: 'node:fs',
    allowed: layer !== 'schema' && layer !== 'tlog',
  })),
  ...names.flatMap((layer) => [
    { file: `packages/${layer}/src/deep/probe.ts`, specifier: '../../../store/src/index.ts', allowed: false },
    { file: `packages/${layer}/src/deep/probe.ts`, specifier: '../sibling.ts', allowed: true },
    { file: `packages/${layer}/src/probe.test.ts`, specifier: '@counterfoil/server', allowed: true },
    { file: `packages/${layer}/test/probe.ts`, specifier: 'counterfoil', allowed: true },
  ]),
  { file: 'packages/tlog/src/node.ts', specifier: 'node:crypto', allowed: true },
  { file: 'packages/tlog/src/node.ts', specifier: '@counterfoil/schema', allowed: false },
  { file: 'packages/tlog/src/web.ts', specifier: 'node:crypto', allowed: false },
  { file: 'packages/ledger/src/probe.ts', specifier: 'hono', allowed: false },
  { file: 'packages/server/src/probe.ts', specifier: 'hono', allowed: true },
]

const forms = [
  (specifier: string) => `import '${specifier}'`,
  (specifier: string) => `import type { ${specifier.replaceAll(/\W/g, '_')} } from '${specifier}'`,
  (specifier: string) => `export * from '${specifier}'`,
  (specifier: string) => `await import('${specifier}')`,
]
const cases = [...packageCases, ...otherCases]
const probes = cases.flatMap((probe) => forms.map((form) => ({ file: probe.file, line: form(probe.specifier) })))

interface Diagnostic {
  /** Absent when a file does not even parse, and then nothing else is said about it. */
  readonly code?: string
  readonly filename: string
  readonly help?: string
  readonly labels: readonly { readonly span: { readonly line: number } }[]
}

let folder: string
let report: readonly Diagnostic[]

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'counterfoil-layers-'))
  await copyFile(path.join(root, '.oxlintrc.json'), path.join(folder, '.oxlintrc.json'))
  for (const [file, lines] of Map.groupBy(probes, (probe) => probe.file)) {
    await mkdir(path.join(folder, path.dirname(file)), { recursive: true })
    await writeFile(path.join(folder, file), lines.map(({ line }) => `${line}\n`).join(''))
  }
  const { output } = await runTool('oxlint', ['--format=json'], { cwd: folder })
  report = (JSON.parse(output) as { diagnostics: readonly Diagnostic[] }).diagnostics
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** What the layer rules say about one line of a probe file: their messages. */
function verdicts(file: string, line: string): readonly string[] {
  const at = probes.filter((probe) => probe.file === file).findIndex((probe) => probe.line === line) + 1
  return report
    .filter(({ code, filename }) => code?.includes('no-restricted-imports') && filename === file)
    .filter(({ labels }) => labels[0]?.span.line === at)
    .map(({ help }) => help ?? '')
}

describe('the linter', () => {
  it.each(cases.map((probe) => ({ ...probe, verdict: probe.allowed ? 'accepts' : 'rejects' })))(
    '$verdict $specifier in $file, in every form of import',
    ({ file, specifier, verdict }) => {
      const ours = new RegExp(`^(${file.split('/')[1]} |Packages are entered by their exports)`)
      const found = forms.map((form) => {
        const messages = verdicts(file, form(specifier))
        return messages.length === 0 ? 'accepts' : messages.every((message) => ours.test(message)) && 'rejects'
      })
      expect(found).toEqual(forms.map(() => verdict))
    },
  )
})
