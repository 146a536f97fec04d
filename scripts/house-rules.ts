/** A file of the repository, by its path from the root with `/`. */
export interface SourceFile {
  readonly path: string
  readonly text: string
}

export const sourceLinesMax = 400

/** Sources that may be longer, each with its reason. */
export const longSources: Readonly<Record<string, string>> = {}

const forbiddenNames = new Set(['utils', 'util', 'helpers', 'helper', 'common', 'types', 'manager', 'misc'])

/** Files and folders are named after what they hold. */
export function nameProblems(files: readonly SourceFile[]): readonly string[] {
  return files.flatMap((file) => {
    const part = file.path.split('/').find((name) => forbiddenNames.has(name.replace(/\..*$/, '')))
    return part === undefined ? [] : [`${file.path}: "${part}" says nothing; name it after the one concept it holds`]
  })
}

/** No source is longer than the limit, unless the list says why, and the list holds nothing else. */
export function lengthProblems(
  files: readonly SourceFile[],
  allowed: Readonly<Record<string, string>> = longSources,
): readonly string[] {
  const long = files
    .filter((file) => /^packages\/[^/]+\/src\//.test(file.path))
    .map((file) => ({ path: file.path, lines: file.text.trimEnd().split('\n').length }))
    .filter(({ lines }) => lines > sourceLinesMax)
  const tooLong = long.filter((file) => !(file.path in allowed))
  const stale = Object.keys(allowed).filter((listed) => !long.some((file) => file.path === listed))
  return [
    ...tooLong.map((file) => `${file.path}: ${file.lines} lines, more than ${sourceLinesMax}: split it by concept`),
    ...stale.map((listed) => `${listed}: it need not be on the list of long sources any more`),
  ]
}

// Written so that this file does not find itself.
const unfinished = /\b(?:TO[D]O|FIX[M]E|X[X]X)\b/
const disable = /(oxlint|eslint)-disable(?:-next-line|-line)?\s+(\S.*)/
const suppression = /@ts-(?:ignore|nocheck)/
const skipped = /\b(it|test|describe)\.(skip|only|todo|fails)\b/

/** Nothing is left for later, skipped, or silenced without a reason. */
export function wordingProblems(files: readonly SourceFile[]): readonly string[] {
  return files.flatMap((file) =>
    file.text.split('\n').flatMap((line, index) => {
      const at = `${file.path}:${index + 1}`
      const found: string[] = []
      if (unfinished.test(line)) found.push(`${at}: finish it, or file an issue and say there what is missing`)
      if (!isCode(file)) return found
      if (suppression.test(line)) found.push(`${at}: type errors are fixed or expected (@ts-expect-error), not ignored`)
      const rules = disable.exec(line)?.[2]
      if (rules !== undefined && !rules.includes('--')) found.push(`${at}: say why the rule is off, after " -- "`)
      if (isTest(file) && skipped.test(line)) found.push(`${at}: tests run, all of them`)
      return found
    }),
  )
}

function isCode(file: SourceFile): boolean {
  return /\.[cm]?[jt]s$/.test(file.path)
}

function isTest(file: SourceFile): boolean {
  return /\.(test|long)\.ts$/.test(file.path)
}

/** The lockfile says what, never from where: it must work with any registry. */
export function lockfileProblems(text: string): readonly string[] {
  const lock = JSON.parse(text) as {
    packages?: Record<string, { resolved?: string; integrity?: string; link?: boolean }>
  }
  return Object.entries(lock.packages ?? {}).flatMap(([name, entry]) => {
    if (entry.resolved !== undefined && /^[a-z+]+:/i.test(entry.resolved)) {
      return [`package-lock.json: ${name} names a registry (${new URL(entry.resolved).host}); see .npmrc`]
    }
    const outside = name.startsWith('node_modules/') && !entry.link
    return outside && entry.integrity === undefined ? [`package-lock.json: ${name} has no integrity hash`] : []
  })
}
