import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { LeafEvent } from '../../projection/leaf.ts'
import { commitmentOf, type Vault, type VaultEntry } from '../../vault/vault.ts'

/** More than a page of single-event runs needs at once. */
const openBlocksMax = 1_000

/** What is wrong with an entry itself. */
type EntryFault = 'unreadable' | 'index' | 'origin' | 'order'

/** A body that the leaf of an entry commits to. */
export interface AuditedBody {
  readonly index: number
  readonly eventId: string
  readonly runId?: string
  readonly kind: VaultEntry['kind']
}

/** What a page of entries says of itself. Only the first fault of each kind is kept, in order of index. */
export interface EntryAudit {
  /** Entries that were looked at, without a gap. */
  readonly count: number
  /** Of the last entry that could be read; '' when there was none. */
  readonly recordedAt: string
  readonly faults: readonly { readonly fault: EntryFault; readonly index: number; readonly eventId?: string }[]
  readonly payloads: number
  /** The first body that does not open or does not fit its commitment. */
  readonly damaged?: AuditedBody
  /** Bodies that are gone: somebody has to find a `payload_erased` for each. */
  readonly missing: readonly AuditedBody[]
  /** The `payload_erased` among these entries. */
  readonly erasures: readonly LeafEvent[]
}

interface EntryRow {
  readonly idx: number
  readonly block: number | null
  readonly text: string | null
}

/** Audits `limit` entries from `from` on; `recordedAt` is that of the entry in front. Call within a transaction. */
export function auditEntries(
  database: DatabaseSync,
  vault: Vault,
  origin: string,
  page: { readonly from: number; readonly limit: number; readonly recordedAt: string },
): EntryAudit {
  const faults = new Map<EntryFault, { fault: EntryFault; index: number; eventId?: string }>()
  const missing: AuditedBody[] = []
  const erasures: LeafEvent[] = []
  const blocks = new BlockReader(database, vault)
  let { recordedAt } = page
  let [count, payloads] = [0, 0]
  let damaged: AuditedBody | undefined
  const rows = database
    .prepare('SELECT idx, block, CAST(leaf AS TEXT) AS text FROM event WHERE idx >= ? AND idx < ? ORDER BY idx')
    .iterate(page.from, page.from + page.limit) as Iterable<unknown> as Iterable<EntryRow>
  for (const { idx: index, block, text } of rows) {
    if (index !== page.from + count) break
    count += 1
    const leaf = parseLeaf(text)
    const fault = leaf === undefined ? 'unreadable' : faultOf(leaf, index, origin)
    if (leaf === undefined || fault !== undefined) {
      if (fault !== undefined && !faults.has(fault)) faults.set(fault, { fault, index })
      continue
    }
    if (leaf.recorded_at < recordedAt && !faults.has('order'))
      faults.set('order', { fault: 'order', index, eventId: leaf.event_id })
    recordedAt = leaf.recorded_at
    if (leaf.event_type === 'payload_erased') erasures.push(leaf)
    for (const kind of ['payload', 'summary'] as const) {
      const committed: { readonly commitment?: unknown } | null | undefined = leaf[kind]
      if (committed === undefined) continue
      payloads += 1
      const body = (): AuditedBody => ({
        index,
        eventId: leaf.event_id,
        ...(leaf.run_id !== undefined && { runId: leaf.run_id }),
        kind,
      })
      if (block === null) missing.push(body())
      else if (damaged === undefined && !blocks.fits(block, index, kind, committed?.commitment)) damaged = body()
    }
  }
  return {
    count,
    recordedAt,
    faults: [...faults.values()],
    payloads,
    ...(damaged !== undefined && { damaged }),
    missing,
    erasures,
  }
}

/** Undefined for bytes that somebody changed into no envelope: the audit has to get past them. */
function parseLeaf(text: string | null): LeafEvent | undefined {
  try {
    const leaf = JSON.parse(text ?? '') as LeafEvent | null
    return typeof leaf?.event_id === 'string' && typeof leaf.recorded_at === 'string' ? leaf : undefined
  } catch {
    return undefined
  }
}

function faultOf(leaf: LeafEvent & { readonly log?: unknown }, index: number, origin: string): EntryFault | undefined {
  if (leaf.index !== index) return 'index'
  return leaf.log === origin ? undefined : 'origin'
}

/** Opens each block once; the entries of a block lie close together, so the last ones are enough. */
class BlockReader {
  readonly #select: StatementSync
  readonly #vault: Vault
  readonly #open = new Map<number, ReadonlyMap<string, VaultEntry> | undefined>()

  constructor(database: DatabaseSync, vault: Vault) {
    this.#select = database.prepare(
      'SELECT sealed, wrapped FROM vault_block JOIN vault_key ON vault_key.id = vault_block.key WHERE vault_block.id = ?',
    )
    this.#vault = vault
  }

  fits(block: number, index: number, kind: VaultEntry['kind'], commitment: unknown): boolean {
    if (!this.#open.has(block)) {
      if (this.#open.size >= openBlocksMax) this.#open.clear()
      this.#open.set(block, this.#read(block))
    }
    const entry = this.#open.get(block)?.get(`${index} ${kind}`)
    return entry !== undefined && commitmentOf(entry.salt, entry.bytes) === commitment
  }

  #read(block: number): ReadonlyMap<string, VaultEntry> | undefined {
    const row = this.#select.get(block)
    if (row === undefined) return undefined
    try {
      const key = this.#vault.unwrapKey(row['wrapped'] as Uint8Array)
      const entries = this.#vault.openBlock(key, row['sealed'] as Uint8Array)
      return new Map(entries.map((entry) => [`${entry.index} ${entry.kind}`, entry]))
    } catch {
      return undefined
    }
  }
}
