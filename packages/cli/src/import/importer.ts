import type { ActionMap } from '@counterfoil/schema/action-map'

/** Stable codes of what an importer could not take over. */
export const rejectionCodes = [
  'gzip_invalid',
  'too_large',
  'not_utf8',
  'empty_file',
  'json_invalid',
  'json_too_deep',
  'not_a_transcript',
  'not_a_message',
  'not_an_event',
  'no_agent_turn',
  'result_without_call',
  'too_many_calls',
  'message_too_large',
  'run_too_long',
] as const

export type RejectionCode = (typeof rejectionCodes)[number]

/** One producer-form event of DESIGN's envelope, ready to be sent. */
export interface ImportedEvent {
  readonly kind: 'event'
  /** The JSON text to send; for `ndjson` the line as it stands in the file. */
  readonly text: string
  readonly event: Readonly<Record<string, unknown>>
  readonly file: string
  readonly line?: number
}

/**
 * Comes before the events of a run. The first of them is its `run_created`, which names the action map: if the log
 * answers `id_conflict` to that one, the run is known under another map and none of its events may be appended.
 */
export interface ImportedRun {
  readonly kind: 'run'
  readonly runId: string
  /** Id of the `run_created` that follows at once. */
  readonly createdEventId: string
  /** Digest of the action map (`sha256:…`), or `none`. */
  readonly actionMap: string
  readonly workflow: string
  readonly file: string
  readonly line?: number
  /** How many events follow. */
  readonly events: number
  readonly calls: number
  /** Calls without a result so far, in a transcript that has not ended. */
  readonly openCalls: number
  /** Tools that no rule covers, with the number of their calls: what these did to the world is unknown. */
  readonly unmappedTools: Readonly<Record<string, number>>
  /** Whether the source says that the run ended. An importer invents no end. */
  readonly ended: boolean
  /** What was left out on purpose, by kind and number: a thought, a line that only the source's own program needs. */
  readonly skipped: Readonly<Record<string, number>>
}

/** Something that could not be taken over; everything else was. */
export interface Rejection {
  readonly kind: 'rejected'
  readonly file: string
  /** 1-based, in files that are read by line. */
  readonly line?: number
  readonly code: RejectionCode
  readonly message: string
}

export type ImportItem = ImportedEvent | ImportedRun | Rejection

export interface ImportInput {
  /** For messages only: identities never depend on the name of a file. */
  readonly file: string
  readonly bytes: Uint8Array
}

export interface ImportOptions {
  readonly actionMap?: ActionMap
  /** Overrides the name of the workflow that the source gives. Part of the events, as the action map is. */
  readonly workflow?: string
}

/** Turns one file into events: no store, no network, and no exception for anything that a file can hold. */
export interface Importer {
  readonly name: string
  /** One line for `counterfoil import --help`. */
  readonly description: string
  /** Whether the events were derived (and are to be graded `inferred`) or are the producer's own. */
  readonly derives: boolean
  read(input: ImportInput, options?: ImportOptions): Iterable<ImportItem>
}
