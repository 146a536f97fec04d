import { openCheckpoint, TlogError, type NoteVerifier } from '@counterfoil/tlog'

/** A checkpoint whose signature was verified. */
export interface Checkpoint {
  readonly size: number
  readonly root: Uint8Array
  /** The signed note itself. */
  readonly note: string
}

/** Reads a signed note of the log; undefined when it is not one that this key has signed. */
export function readCheckpoint(note: string, verifier: NoteVerifier): Checkpoint | undefined {
  try {
    const { size, root } = openCheckpoint(note, { origin: verifier.name, verifiers: [verifier] })
    return { size, root, note }
  } catch (error) {
    if (error instanceof TlogError) return undefined
    throw error
  }
}
