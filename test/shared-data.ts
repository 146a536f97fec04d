import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = process.env['COUNTERFOIL_TEST_DATA'] ?? fileURLToPath(new URL('../../shared/data', import.meta.url))

/**
 * A file or folder of the shared test data, which is never part of the repository. Undefined where it is absent: that is
 * said loudly, and in CI it is a failure.
 */
export function findSharedData(name: string): string | undefined {
  const path = join(root, name)
  if (existsSync(path)) return path
  const message = `NOT TESTED: no ${name} in ${root}; set COUNTERFOIL_TEST_DATA`
  if (process.env['CI'] === 'true') throw new Error(message)
  process.stderr.write(`${message}\n`)
  return undefined
}
