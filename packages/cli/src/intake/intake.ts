import { limits } from '@counterfoil/schema'
import { CliError } from '../cli-error.ts'
import type { ImportedEvent, ImportedRun, ImportItem } from '../import/index.ts'
import type { Source } from '../source/source.ts'
import { changedFields } from './changed-fields.ts'

/** One thing that was not taken over. */
export interface Refused {
  readonly file: string
  /** 1-based; null in files that are not read by line. */
  readonly line: number | null
  readonly code: string
  readonly message: string
}

/** What an import added, and what it could not. */
export interface IntakeReport {
  runs: number
  events: number
  duplicates: number
  rejected: Refused[]
}

/** What became of the run that events belong to: open for them, or known as another reading of its source. */
type RunState = 'open' | 'refused'

/** What the events of an import follow from, beside the source: other values give other events under the same ids. */
const readingPointers: ReadonlySet<string> = new Set([
  '/attributes/action_map',
  '/attributes/importer',
  '/workflow/name',
])

// Room for the line ends between events.
const batchBytesMax = limits.batchBytesMax - limits.batchEventsMax

/**
 * Sends what importers give, in batches, in order. The first event of each run goes ahead of its others: when the log
 * knows the run as read by other rules, nothing of it may be appended.
 */
export class Intake {
  readonly report: IntakeReport = { runs: 0, events: 0, duplicates: 0, rejected: [] }
  readonly #source: Source
  readonly #inferred: boolean
  readonly #firsts: ImportedEvent[] = []
  readonly #others: ImportedEvent[] = []
  #waitingBytes = 0
  /** By run id; runs of importers only. */
  readonly #states = new Map<string, RunState>()
  #run: ImportedRun | undefined

  constructor(source: Source, options: { inferred: boolean }) {
    this.#source = source
    this.#inferred = options.inferred
  }

  async take(item: ImportItem): Promise<void> {
    if (item.kind === 'rejected') return this.#refuse(item, item.code, item.message)
    if (item.kind === 'run') {
      this.#run = item
      // A run that stands in two files is judged again: its first event may be another one there.
      this.#states.delete(item.runId)
      return
    }
    const bytes = Buffer.byteLength(item.text)
    if (bytes > batchBytesMax)
      return this.#refuse(
        item,
        'payload_too_large',
        `The event has ${bytes} bytes; ${batchBytesMax} fit into one request.`,
      )
    const waiting = this.#firsts.length + this.#others.length
    if (waiting >= limits.batchEventsMax || this.#waitingBytes + bytes > batchBytesMax) await this.flush()
    this.#waitingBytes += bytes
    if (this.#run !== undefined && item.event['event_id'] === this.#run.createdEventId) this.#firsts.push(item)
    else this.#others.push(item)
  }

  /** Sends what waits. */
  async flush(): Promise<void> {
    const firsts = this.#firsts.splice(0)
    const others = this.#others.splice(0)
    this.#waitingBytes = 0
    await this.#send(firsts)
    await this.#send(others.filter((event) => this.#states.get(String(event.event['run_id'])) !== 'refused'))
  }

  async #send(events: readonly ImportedEvent[]): Promise<void> {
    if (events.length === 0) return
    const { acks, rejected } = await this.#source.ingest(
      events.map(({ text }) => text),
      { inferred: this.#inferred },
    )
    for (const { position, status } of acks) {
      if (status === 'duplicate') this.report.duplicates++
      else {
        this.report.events++
        if (events[position]?.event['event_type'] === 'run_created') this.report.runs++
      }
    }
    for (const { position, code, pointer, message } of rejected) {
      const event = events[position]
      if (event === undefined) continue
      // Our own events name no action map: there an id_conflict is just that.
      if (code === 'id_conflict' && this.#inferred && event.event['event_type'] === 'run_created')
        await this.#judgeKnownRun(event)
      else this.#refuse(event, code, pointer === '' ? message : `${message} (at ${pointer})`)
    }
  }

  /** The log has another beginning of this run: read by other rules, or only told with other words. */
  async #judgeKnownRun(created: ImportedEvent): Promise<void> {
    const runId = String(created.event['run_id'])
    const stored = await this.#storedEnvelope(String(created.event['event_id']))
    const changed = stored === undefined ? [] : changedFields(stored, created.event)
    if (stored === undefined || changed.some((pointer) => readingPointers.has(pointer))) {
      this.#states.set(runId, 'refused')
      this.#refuse(
        created,
        'map_changed',
        `The log knows run ${runId} as it is under another action map, importer or workflow name. Nothing of it was added; import it with the map of the first time, or into another log.`,
      )
      return
    }
    const what = changed.length === 0 ? 'another first message' : `other values at ${changed.join(', ')}`
    this.#refuse(
      created,
      'run_changed',
      `The log knows run ${runId} with ${what}. Those stay as they were; what is new in the run was added.`,
    )
  }

  /** Undefined when we may not read: then nobody knows that the run was read by the same rules. */
  async #storedEnvelope(eventId: string): Promise<Record<string, unknown> | undefined> {
    try {
      return (await this.#source.event(eventId)).event as Record<string, unknown>
    } catch (error) {
      if (error instanceof CliError) return undefined
      throw error
    }
  }

  #refuse(at: { file: string; line?: number }, code: string, message: string): void {
    this.report.rejected.push({ file: at.file, line: at.line ?? null, code, message })
  }
}
