// node scripts/docs.ts [FILE.md …]: checks that what the documentation shows is true.
import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { type Link, readMarkdown } from './markdown.ts'
import { runShell, runTypeScript } from './run-snippets.ts'
import { programFile } from './session.ts'
import { type Problem, readSnippets, type Snippet } from './snippets.ts'
import { root } from './tool.ts'

export interface DocsReport {
  readonly files: number
  readonly ts: number
  readonly sh: number
  readonly problems: readonly Problem[]
}

/** The Markdown that makes promises to users. */
export function documents(folder: string): readonly string[] {
  return globSync(['*.md', 'docs/**/*.md', 'spec/**/*.md', 'examples/**/*.md', 'packages/*/README.md'], {
    cwd: folder,
    exclude: ['**/node_modules/**'],
  }).toSorted()
}

/** Checks links, and checks or runs every code block that asks for it. Paths are relative to `folder`; `program` is what `counterfoil` starts. */
export async function checkDocs(
  folder: string,
  files: readonly string[] = documents(folder),
  program = programFile,
): Promise<DocsReport> {
  const problems: Problem[] = []
  const ts: Snippet[] = []
  let sh = 0
  for (const file of files) {
    const { blocks, links } = readMarkdown(readFileSync(path.join(folder, file), 'utf8'))
    const snippets = readSnippets(file, blocks)
    problems.push(...snippets.problems, ...brokenLinks(folder, file, links), ...(await runShell(snippets.sh, program)))
    ts.push(...snippets.ts)
    sh += snippets.sh.length
  }
  problems.push(...(await runTypeScript(ts, program)))
  return { files: files.length, ts: ts.length, sh, problems }
}

function brokenLinks(folder: string, file: string, links: readonly Link[]): readonly Problem[] {
  return links
    .filter(({ target }) => !/^([a-z][a-z+.-]*:|#|\/\/)/i.test(target))
    .filter(
      ({ target }) => !existsSync(path.join(folder, path.dirname(file), decodeURI(target.replace(/[?#].*$/, '')))),
    )
    .map(({ target, line }) => ({ file, line, message: `This link leads nowhere: ${target}` }))
}

if (import.meta.main) {
  const files = process.argv.slice(2)
  const report = await (files.length > 0 ? checkDocs(root, files) : checkDocs(root))
  for (const { file, line, message } of report.problems) console.error(`${file}:${line}: ${message}`)
  console.log(
    `${report.files} documents, ${report.ts} ts and ${report.sh} sh blocks, ${report.problems.length} problems`,
  )
  process.exitCode = report.problems.length === 0 ? 0 : 1
}
