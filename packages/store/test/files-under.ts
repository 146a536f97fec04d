import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Every file under a folder with its bytes: databases, write-ahead logs, indexes, keys, whatever there is. */
export function filesUnder(folder: string): { readonly file: string; readonly bytes: Buffer }[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((name) => {
    const file = join(folder, name)
    try {
      return statSync(file).isFile() ? [{ file, bytes: readFileSync(file) }] : []
    } catch (error) {
      // Journals come and go while a log is open; one that is gone holds nothing.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
  })
}
