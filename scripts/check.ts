// npm run check: everything about the repository that is not a test. All steps run; the last line sums up.
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { checkDocs } from './docs.ts'
import { lengthProblems, lockfileProblems, nameProblems, wordingProblems } from './house-rules.ts'
import { packageSize, sdkBudget, sizeReport } from './package-size.ts'
import { root, runTool } from './tool.ts'

/** A step gives its problems, each as text; none is success. */
type Step = readonly [name: string, run: () => Promise<readonly string[]>]

const tool =
  (name: string, ...args: string[]) =>
  async (): Promise<readonly string[]> => {
    const { code, output } = await runTool(name, args)
    return code === 0 ? [] : [output.trim() || `${name} ended with code ${code}`]
  }

const steps: readonly Step[] = [
  ['format', tool('oxfmt', '--check', '.')],
  ['lint', tool('oxlint', '--type-aware', '--deny-warnings')],
  ['build', tool('tsc', '-b')],
  ['types of tests, bench and scripts', tool('tsc', '-p', 'tsconfig.test.json')],
  ['unused and undeclared (knip)', tool('knip', '--no-config-hints', '--no-progress')],
  [
    'packages (publint)',
    async () => (await Promise.all(globSync('packages/*', { cwd: root }).map(lintPackage))).flat(),
  ],
  [
    'size of the SDK',
    async () => {
      const { line, problems } = sizeReport('@counterfoil/sdk', packageSize('packages/sdk'), sdkBudget)
      console.log(`       ${line}`)
      return problems
    },
  ],
  ['lockfile', async () => lockfileProblems(readFileSync(path.join(root, 'package-lock.json'), 'utf8'))],
  ['house rules', async () => [nameProblems, lengthProblems, wordingProblems].flatMap((rule) => rule(sources()))],
  ['documents', async () => (await checkDocs(root)).problems.map((at) => `${at.file}:${at.line}: ${at.message}`)],
]

async function lintPackage(folder: string): Promise<readonly string[]> {
  const { messages, pkg } = await publint({
    pkgDir: path.join(root, folder),
    strict: true,
    level: 'warning',
    pack: 'npm',
  })
  return messages.map((message) => `${folder}: ${formatMessage(message, pkg, { color: false }) ?? message.code}`)
}

function sources() {
  const files = globSync('**/*.{ts,mts,mjs,js,md,sql}', {
    cwd: root,
    exclude: (name) => /^(node_modules|dist|\.git)$/.test(name),
  })
  return files.map((file) => ({
    path: file.split(path.sep).join('/'),
    text: readFileSync(path.join(root, file), 'utf8'),
  }))
}

const failed: string[] = []
for (const [name, run] of steps) {
  const startedMs = performance.now()
  const problems = await run().catch((error: unknown) => [
    error instanceof Error ? (error.stack ?? error.message) : String(error),
  ])
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
  console.log(`${problems.length === 0 ? 'ok    ' : 'FAILED'} ${seconds.padStart(5)} s  ${name}`)
  for (const problem of problems) console.log(problem.replaceAll(/^/gm, '    '))
  if (problems.length > 0) failed.push(name)
}
console.log(failed.length === 0 ? `check: all ${steps.length} steps passed` : `check: failed: ${failed.join(', ')}`)
process.exitCode = failed.length === 0 ? 0 : 1
