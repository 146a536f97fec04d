import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Where benches write. `COUNTERFOIL_BENCH_DIR` names another disk than that of temporary files. */
export const benchRoot = process.env['COUNTERFOIL_BENCH_DIR'] ?? tmpdir()

/** A fresh folder on the disk that is measured, removed when done, and also when the bench is interrupted. */
export function benchFolder(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(benchRoot, 'counterfoil-bench-'))
  const remove = (): void => rmSync(path, { recursive: true, force: true })
  process.once('exit', remove)
  return {
    path,
    [Symbol.dispose]: () => {
      process.off('exit', remove)
      remove()
    },
  }
}
