import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'
import path from 'node:path'
import { runSession, type SessionResult } from './session.ts'
import { firstMissing, type Problem, type Snippet } from './snippets.ts'
import { root, runTool } from './tool.ts'

/** Type-checks every snippet against our sources and runs those that are to be run, each as a module of its own. */
export async function runTypeScript(snippets: readonly Snippet[], program: string): Promise<readonly Problem[]> {
  if (snippets.length === 0) return []
  // Inside node_modules, so that snippets import our packages as a user does.
  const cache = path.join(root, 'node_modules', '.cache')
  await mkdir(cache, { recursive: true })
  const folder = await mkdtemp(path.join(cache, 'docs-'))
  try {
    // Blank lines in front: what the compiler and stack traces call line 42 is line 42 of the Markdown file.
    const sources = snippets.map((snippet) => `${'\n'.repeat(snippet.line - 1)}${snippet.code}\n`)
    await Promise.all(sources.map((source, index) => writeFile(path.join(folder, `${index}.ts`), source)))
    await writeFile(path.join(folder, 'package.json'), '{"type":"module"}')
    await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify(compilerConfig))
    const problems = [...(await typeProblems(folder, snippets))]
    const wrong = new Set(problems.map((problem) => `${problem.file}:${problem.line}`))
    for (const [index, snippet] of snippets.entries()) {
      if (!snippet.run || wrong.has(`${snippet.file}:${snippet.line}`)) continue
      // Node does not strip types from files in node_modules, so it is done here; lines and columns stay.
      const file = path.join(folder, `${index}.mjs`)
      await writeFile(file, stripTypeScriptTypes(sources[index] ?? ''))
      const args = ['--conditions=@counterfoil/source', '--disable-warning=ExperimentalWarning', file]
      problems.push(...outcome(snippet, await runSession(process.execPath, args, program)))
    }
    return problems
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const compilerConfig = {
  extends: path.join(root, 'tsconfig.base.json'),
  compilerOptions: {
    composite: false,
    declaration: false,
    declarationMap: false,
    noEmit: true,
    noUnusedLocals: false,
    moduleDetection: 'force',
  },
  include: ['*.ts'],
}

async function typeProblems(folder: string, snippets: readonly Snippet[]): Promise<readonly Problem[]> {
  const { code, output } = await runTool('tsc', ['-p', '.', '--pretty', 'false'], { cwd: folder })
  const problems: Problem[] = []
  for (const match of output.matchAll(/^(\d+)\.ts\((\d+),\d+\): error (.*(?:\n\s+.*)*)/gm)) {
    const snippet = snippets[Number(match[1])]
    if (snippet) problems.push({ file: snippet.file, line: snippet.line, message: `line ${match[2]}: ${match[3]}` })
  }
  // Errors elsewhere are those of our sources, which their own type check reports; a compiler that failed is not.
  if (code !== 0 && !/\(\d+,\d+\): error/.test(output)) throw new Error(`The type check of snippets failed:\n${output}`)
  return problems
}

const marker = '@@counterfoil-block@@'

/** Runs the `sh test` blocks of one file as one shell session: a later block sees what earlier ones left. */
export async function runShell(snippets: readonly Snippet[], program: string): Promise<readonly Problem[]> {
  const [first] = snippets
  if (first === undefined) return []
  if (!existsSync(program)) {
    return [{ file: first.file, line: first.line, message: `counterfoil is not built (${program}): npm run build` }]
  }
  const script = snippets.map((snippet) => `echo '${marker}'\n${snippet.code}\n`).join('')
  const { code, output } = await runSession('bash', ['-c', `exec 2>&1\nset -euo pipefail\n${script}`], program)
  const parts = output.split(`${marker}\n`).slice(1)
  return parts.flatMap((part, index) => {
    const snippet = snippets[index]
    if (snippet === undefined) return []
    // The session ends at the first failure: only the last block that began can have failed.
    return outcome(snippet, { code: index === parts.length - 1 ? code : 0, output: part })
  })
}

function outcome(snippet: Snippet, result: SessionResult): readonly Problem[] {
  const problem = (message: string) => [
    { file: snippet.file, line: snippet.line, message: `${message}\n${result.output}` },
  ]
  if (result.code !== 0)
    return problem(result.code === null ? 'It was ended: too slow.' : `It failed (${result.code}):`)
  const missing = firstMissing(snippet.expect, result.output)
  return missing === undefined ? [] : problem(`Its output lacks the expected line "${missing}":`)
}
