import { execFile } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import path from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { root } from '../scripts/tool.ts'
import { layers, packageName } from './layer-table.ts'

interface Manifest {
  readonly name: string
  readonly version: string
  readonly scripts?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

const read = (file: string) => readFileSync(path.join(root, file), 'utf8')
const manifestOf = (file: string) => JSON.parse(read(file)) as Manifest
const references = (file: string): readonly string[] =>
  (JSON.parse(read(file)) as { references: { path: string }[] }).references.map(({ path: at }) => path.basename(at))
const names = Object.keys(layers)

/** Every import of a file, static or dynamic: `lazy` is a call, `erased` a type import that leaves no code. */
function importsOf(text: string): readonly { specifier: string; lazy: boolean; erased: boolean }[] {
  const pattern =
    /^(?:import|export)\s+(type\b)?(?:[^'"`;]*?\bfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm
  return [...text.matchAll(pattern)].map(([, erased, specifier, lazy]) => ({
    specifier: specifier ?? lazy ?? '',
    lazy: lazy !== undefined,
    erased: erased !== undefined,
  }))
}

function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

function sourcesOf(layer: string): readonly string[] {
  return globSync(`packages/${layer}/src/**/*.ts`, { cwd: root }).filter((file) => !file.endsWith('.test.ts'))
}

describe('packages', () => {
  it('are those of the layer table, and all are built', () => {
    const folders = globSync('packages/*/package.json', { cwd: root }).map((file) => path.basename(path.dirname(file)))
    expect(folders.toSorted()).toEqual(names.toSorted())
    expect(references('tsconfig.json')).toEqual(names)
  })

  it('are shown in ARCHITECTURE.md with the same table', () => {
    const rows = [...read('ARCHITECTURE.md').matchAll(/^\| `(\w+)`\s*\|[^|]+\|([^|]+)\|$/gm)]
    const table = rows.map(([, layer, allowed = '']) => [
      layer,
      [...allowed.matchAll(/`(\w+)`/g)].map((match) => match[1]),
    ])
    expect(Object.fromEntries(table)).toEqual(layers)
  })

  it('have one version', () => {
    const manifests = [manifestOf('package.json'), ...names.map((name) => manifestOf(`packages/${name}/package.json`))]
    expect(new Set(manifests.map((manifest) => manifest.version)).size).toBe(1)
  })

  it.each(names)('%s declares what its layer allows, and its build knows it', (layer) => {
    const manifest = manifestOf(`packages/${layer}/package.json`)
    expect(manifest.name).toBe(packageName(layer))
    const allowed = layers[layer] ?? []
    const all = { ...manifest.dependencies, ...manifest.peerDependencies }
    const declared = names.filter((name) => packageName(name) in all)
    expect(allowed).toEqual(expect.arrayContaining(declared))
    expect(references(`packages/${layer}/tsconfig.json`).toSorted()).toEqual(declared.toSorted())
  })

  it.each(names)('%s imports only what its own manifest declares', (layer) => {
    const { dependencies, peerDependencies } = manifestOf(`packages/${layer}/package.json`)
    const declared = Object.keys({ ...dependencies, ...peerDependencies })
    const undeclared = sourcesOf(layer).flatMap((file) =>
      importsOf(read(file))
        .map(({ specifier }) => specifier)
        .filter((specifier) => !specifier.startsWith('.') && !isBuiltin(specifier))
        .filter((specifier) => !declared.includes(packageOf(specifier)))
        .map((specifier) => `${file}: ${specifier}`),
    )
    expect(undeclared).toEqual([])
  })

  it('start fast: cli loads the server only when it serves', () => {
    const early = sourcesOf('cli').filter((file) =>
      importsOf(read(file)).some(({ specifier, lazy, erased }) => {
        return packageOf(specifier) === packageName('server') && !lazy && !erased
      }),
    )
    expect(early).toEqual([])
  })
})

describe('the import reader of this test', () => {
  it('sees every form', () => {
    const text = `import a from 'a'\nimport {\n  b,\n} from "b/x"\nimport 'c'\nimport type { D } from 'd'\nexport * from 'e'
export type { F } from 'f'\nconst g = await import('g')\nexport const from = 'h'`
    expect(importsOf(text).map(({ specifier }) => specifier)).toEqual(['a', 'b/x', 'c', 'd', 'e', 'f', 'g'])
    expect(
      importsOf(text)
        .filter(({ erased }) => erased)
        .map(({ specifier }) => specifier),
    ).toEqual(['d', 'f'])
    expect(
      importsOf(text)
        .filter(({ lazy }) => lazy)
        .map(({ specifier }) => specifier),
    ).toEqual(['g'])
  })
})

describe('scripts', () => {
  it('continuous integration runs exactly what the README says', () => {
    const line = 'npm ci && npm test'
    expect(read('.ci/run')).toContain(`'${line}'`)
    const documents = ['README.md', 'CONTRIBUTING.md'].filter((file) => existsSync(path.join(root, file)))
    expect(documents.filter((file) => !read(file).split('\n').includes(line))).toEqual([])
  })

  const manifest = manifestOf('package.json')
  const ours = Object.entries(manifest.scripts ?? {}).filter(([, command]) => command.startsWith('node '))

  it.each(ours)('npm run %s checks the version of Node first', (_, command) => {
    expect(command).toMatch(/^node --import \.\/scripts\/require-node\.mjs \S+\.ts$/)
  })

  it('say what to do on an older Node', async () => {
    const older = `Object.defineProperty(process.versions, 'node', { value: '20.19.0' })`
    const args = [
      '--import',
      `data:text/javascript,${encodeURIComponent(older)}`,
      '--import',
      './scripts/require-node.mjs',
    ]
    const run = promisify(execFile)(process.execPath, [...args, '-e', 'console.log("ran")'], { cwd: root })
    await expect(run).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('npm ci && npm test'),
    })
  })
})
