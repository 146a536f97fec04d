import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { root } from './tool.ts'

/** What a package costs those who install it: the code that it publishes, as it is and compressed as one. */
export interface PackageSize {
  readonly files: number
  readonly bytes: number
  readonly gzipBytes: number
}

/** @param folder `packages/sdk` */
export function packageSize(folder: string, from: string = root): PackageSize {
  const files = globSync(`${folder}/dist/**/*.js`, { cwd: from }).toSorted()
  const code = Buffer.concat(files.map((file) => readFileSync(path.join(from, file))))
  return { files: files.length, bytes: code.length, gzipBytes: gzipSync(code, { level: 9 }).length }
}

/** The recorder runs inside other people's programs: what it may weigh. Raise it with a reason in the pull request. */
export const sdkBudget = { bytes: 250_000, gzipBytes: 64_000 }

const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`

/** Says what the package weighs, and whether that is too much. */
export function sizeReport(
  name: string,
  size: PackageSize,
  budget: typeof sdkBudget,
): { readonly line: string; readonly problems: readonly string[] } {
  const line = `${name}: ${size.files} files, ${kilobytes(size.bytes)}, ${kilobytes(size.gzipBytes)} compressed (at most ${kilobytes(budget.bytes)}, ${kilobytes(budget.gzipBytes)})`
  if (size.files === 0) return { line, problems: [`${name} is not built: npm run build`] }
  const isOver = size.bytes > budget.bytes || size.gzipBytes > budget.gzipBytes
  return { line, problems: isOver ? [`${line}: make it smaller, or raise the budget and say why`] : [] }
}
