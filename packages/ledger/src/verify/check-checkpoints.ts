import { openCheckpoint, TlogError, type NoteVerifier } from '@counterfoil/tlog'
import type { SqliteStore } from '@counterfoil/store'
import { hex, type RunningCheck } from './running-check.ts'

const notesPage = 10_000

/**
 * The kept checkpoints of this head. The one of the head itself comes with the head: it is not kept for long when the log
 * goes on growing.
 */
export async function checkpointsUpTo(
  store: SqliteStore,
  log: string,
  head: { size: number; checkpoint?: string },
): Promise<{ size: number; note: string }[]> {
  const notes: { size: number; note: string }[] = []
  for (let after = -1; ;) {
    const page = await store.checkpoints(log, after, notesPage)
    notes.push(...page.filter((note) => note.size < head.size))
    const last = page.at(-1)
    if (last === undefined || page.length < notesPage || last.size >= head.size) break
    after = last.size
  }
  if (head.checkpoint === undefined) return notes
  return [...notes, { size: signedSize(head.checkpoint) ?? head.size, note: head.checkpoint }]
}

function signedSize(note: string): number | undefined {
  const line = /^[^\n]*\n(\d{1,16})\n/.exec(note)?.[1]
  return line === undefined ? undefined : Number(line)
}

/** Each kept checkpoint is signed by the key of the log and signs the root that its entries give. */
export function checkNotes(
  check: RunningCheck,
  notes: readonly { size: number; note: string }[],
  origin: string,
  verifier: NoteVerifier,
  rootsAt: ReadonlyMap<number, string>,
): void {
  let good = 0
  for (const { size, note } of notes) {
    check.count += 1
    try {
      const opened = openCheckpoint(note, { origin, verifiers: [verifier] })
      if (opened.size !== size) check.bad(`the checkpoint kept for size ${size} signs size ${opened.size}`)
      else if (hex(opened.root) !== rootsAt.get(size))
        check.bad(
          `the checkpoint of size ${size} signs another root than its entries give: an entry from ${good} to ${size - 1} was changed`,
        )
      else good = size
    } catch (error) {
      if (!(error instanceof TlogError)) throw error
      check.bad(`the checkpoint of size ${size} is not signed by the key of this log (${error.code})`)
    }
  }
}
