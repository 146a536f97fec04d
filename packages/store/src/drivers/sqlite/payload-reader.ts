import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { StoredEvent, StoredPayload } from '../../event-store.ts'
import type { LeafEvent } from '../../projection/leaf.ts'
import { covers, openedPayload } from '../../stored-payload.ts'
import { commitmentOf, type Vault, type VaultEntry } from '../../vault/vault.ts'

/** How many opened blocks stay in memory: a page of events shares a few. */
const openBlocksMax = 64

/** The bodies of one block by index and kind. */
type OpenBlock = ReadonlyMap<string, VaultEntry>

/**
 * An event of a run with its texts: a report needs no bytes and no salts, and strings cross from the reader's thread at a
 * fraction of the cost of many small buffers.
 */
export interface RunEvent {
  /** The leaf, exactly as hashed. */
  readonly leaf: string
  readonly payload?: { readonly state: 'present'; readonly text: string } | Exclude<StoredPayload, { state: 'present' }>
}

/** What stands beside the payload of an event. */
export interface EventRow {
  readonly idx: number
  readonly block: number | null
  readonly leaf: Uint8Array
}

/** Opens the payloads of events and says what became of those that are not there. Used inside a read transaction. */
export class PayloadReader {
  readonly #vault: Vault
  readonly #size: StatementSync
  readonly #blockRow: StatementSync
  readonly #erasureRows: StatementSync
  readonly #blocks = new Map<number, OpenBlock | undefined>()
  readonly #erasures = new Map<string | undefined, readonly LeafEvent[]>()
  #knownSize = 0

  constructor(database: DatabaseSync, vault: Vault) {
    this.#vault = vault
    this.#size = database.prepare('SELECT size FROM head')
    this.#blockRow = database.prepare(
      'SELECT sealed, wrapped FROM vault_block JOIN vault_key ON vault_key.id = vault_block.key WHERE vault_block.id = ?',
    )
    this.#erasureRows = database.prepare(
      `SELECT CAST(leaf AS TEXT) AS leaf FROM event WHERE run IS (SELECT pk FROM run WHERE run_id = ?) AND leaf LIKE '%"event_type":"payload_erased"%'`,
    )
  }

  /** What was opened is kept within a transaction and until the next commit, because erasure rewrites blocks. */
  refresh(): void {
    const size = Number(this.#size.get()?.['size'] ?? 0)
    if (size !== this.#knownSize) {
      this.#blocks.clear()
      this.#erasures.clear()
    }
    this.#knownSize = size
  }

  stored(row: EventRow, payloads: boolean): StoredEvent {
    const base = { index: row.idx, leaf: row.leaf }
    if (!payloads) return base
    const leaf = parsedLeaf(row.leaf)
    if (leaf === undefined || (leaf.payload === undefined && leaf.summary === undefined)) return base
    const entries = row.block === null ? undefined : this.bodies(row.block)
    if (entries === undefined) {
      const state = row.block === null ? (this.#isErased(leaf) ? 'erased' : 'missing') : 'damaged'
      return {
        ...base,
        ...(leaf.payload !== undefined && { payload: { state } }),
        ...(leaf.summary !== undefined && { summaryState: state }),
      }
    }
    const of = (kind: VaultEntry['kind']): VaultEntry | undefined => entries.get(`${row.idx} ${kind}`)
    const summary = leaf.summary === undefined ? undefined : openedPayload(of('summary'), leaf.summary.commitment)
    return {
      ...base,
      ...(leaf.payload !== undefined && { payload: openedPayload(of('payload'), leaf.payload.commitment) }),
      ...(summary !== undefined &&
        (summary.state === 'present' ? { summary: summary.text } : { summaryState: summary.state })),
    }
  }

  /** The payload of an event as a text. */
  payloadText(index: number, block: number | null, leaf: string): RunEvent['payload'] {
    const entry = block === null ? undefined : this.bodies(block)?.get(`${index} payload`)
    // What the leaf says of a body stands in it in one form, so that nothing has to be parsed to find that it is said.
    const said = '"payload":{"commitment":"'
    if (entry !== undefined && leaf.includes(`${said}${commitmentOf(entry.salt, entry.bytes)}"`)) {
      const { buffer, byteOffset, byteLength } = entry.bytes
      return { state: 'present', text: Buffer.from(buffer, byteOffset, byteLength).toString('utf8') }
    }
    if (entry === undefined && !leaf.includes('"commitment"')) return undefined
    const { payload } = this.stored({ idx: index, block, leaf: Buffer.from(leaf) }, true)
    return payload?.state === 'present' ? { state: 'present', text: payload.text } : payload
  }

  /** Undefined for a block that is not there or does not open. */
  bodies(block: number): OpenBlock | undefined {
    if (!this.#blocks.has(block)) {
      if (this.#blocks.size >= openBlocksMax) this.#blocks.clear()
      const entries = this.#open(block)
      this.#blocks.set(block, entries && new Map(entries.map((entry) => [`${entry.index} ${entry.kind}`, entry])))
    }
    return this.#blocks.get(block)
  }

  #open(block: number): readonly VaultEntry[] | undefined {
    const row = this.#blockRow.get(block)
    if (row === undefined) return undefined
    try {
      return this.#vault.openBlock(this.#vault.unwrapKey(row['wrapped'] as Uint8Array), row['sealed'] as Uint8Array)
    } catch {
      return undefined
    }
  }

  /** Whether a `payload_erased` of the log covers this event. The erasures of a run are looked for once, not for each event. */
  #isErased(leaf: LeafEvent): boolean {
    let erasures = this.#erasures.get(leaf.run_id)
    if (erasures === undefined) {
      const rows = this.#erasureRows.all(leaf.run_id ?? null)
      erasures = rows.map((row) => JSON.parse(String(row['leaf'])) as LeafEvent)
      this.#erasures.set(leaf.run_id, erasures)
    }
    return erasures.some((erasure) => erasure.index > leaf.index && covers(erasure, leaf))
  }
}

/** Undefined for bytes that somebody changed into no envelope: verification has to get past them. */
function parsedLeaf(bytes: Uint8Array): LeafEvent | undefined {
  try {
    const leaf = JSON.parse(Buffer.from(bytes).toString('utf8')) as LeafEvent
    return [leaf.payload, leaf.summary].every((body) => body === undefined || typeof body.commitment === 'string')
      ? leaf
      : undefined
  } catch {
    return undefined
  }
}
