import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { StoreError } from '../../errors.ts'
import { createSalt, commitmentOf, type Vault, type VaultEntry } from '../../vault/vault.ts'

const cachedKeysMax = 10_000

interface DataKey {
  readonly id: number
  readonly key: Uint8Array
}

interface OpenBlock {
  readonly id: number
  readonly key: DataKey
  readonly entries: VaultEntry[]
}

/** Data keys and encrypted blocks. Payloads of one run and one commit share a block, because starting a cipher costs more than using it. */
export class VaultTable {
  readonly #vault: Vault
  readonly #keys = new Map<number, DataKey>()
  readonly #open = new Map<number, OpenBlock>()
  readonly #statements: Record<'selectKey' | 'insertKey' | 'insertBlock', StatementSync>
  readonly #database: DatabaseSync
  #nextKey = 0
  #nextBlock = 0

  constructor(database: DatabaseSync, vault: Vault) {
    this.#database = database
    this.#vault = vault
    this.#statements = {
      selectKey: database.prepare('SELECT id, wrapped FROM vault_key WHERE run = ?'),
      insertKey: database.prepare('INSERT INTO vault_key (id, run, wrapped) VALUES (?, ?, ?)'),
      insertBlock: database.prepare('INSERT INTO vault_block (id, key, sealed) VALUES (?, ?, ?)'),
    }
    this.reset()
  }

  /** Forgets what is in memory; see `ProjectionTable.reset`. */
  reset(): void {
    this.#keys.clear()
    this.#open.clear()
    const next = (table: string): number =>
      Number(this.#database.prepare(`SELECT max(id) AS n FROM ${table}`).get()?.['n'] ?? 0) + 1
    this.#nextKey = next('vault_key')
    this.#nextBlock = next('vault_block')
  }

  /** The data key of a run; of one event when it has no run. Made at first use. */
  keyOf(run: number | undefined): DataKey {
    if (run !== undefined) {
      const known = this.#keys.get(run)
      if (known !== undefined) return known
      const row = this.#statements.selectKey.get(run)
      if (row !== undefined)
        return this.#remember(run, { id: Number(row['id']), key: this.#vault.unwrapKey(row['wrapped'] as Uint8Array) })
    }
    const { key, wrapped } = this.#vault.createKey()
    const made = { id: this.#nextKey, key }
    this.#nextKey += 1
    this.#statements.insertKey.run(made.id, run ?? null, wrapped)
    return run === undefined ? made : this.#remember(run, made)
  }

  /** The data key of a block, of this commit or stored, for judging a repeated event. Undefined after erasure. */
  keyOfBlock(block: number): Uint8Array | undefined {
    for (const open of this.#open.values()) if (open.id === block) return open.key.key
    const row = this.#database
      .prepare(
        'SELECT wrapped FROM vault_block JOIN vault_key ON vault_key.id = vault_block.key WHERE vault_block.id = ?',
      )
      .get(block)
    return row === undefined ? undefined : this.#vault.unwrapKey(row['wrapped'] as Uint8Array)
  }

  /** Adds a body to the block of this run and commit; the block is written by {@link flush}. */
  add(
    run: number | undefined,
    index: number,
    kind: VaultEntry['kind'],
    bytes: Uint8Array,
  ): { block: number; commitment: string; key: Uint8Array } {
    // Events without a run never share a block: each has a key of its own.
    const slot = run ?? -1 - index
    let block = this.#open.get(slot)
    if (block === undefined) {
      block = { id: this.#nextBlock, key: this.keyOf(run), entries: [] }
      this.#nextBlock += 1
      this.#open.set(slot, block)
    }
    const salt = createSalt()
    block.entries.push({ index, kind, salt, bytes })
    return { block: block.id, commitment: commitmentOf(salt, bytes), key: block.key.key }
  }

  /** Takes back what {@link add} put in for an event that was then not stored. */
  drop(run: number | undefined, index: number): void {
    const block = this.#open.get(run ?? -1 - index)
    while (block?.entries.at(-1)?.index === index) block.entries.pop()
    if (block === undefined || run !== undefined) return
    // A key that was made for this event alone has nothing to open.
    this.#open.delete(-1 - index)
    this.#database.prepare('DELETE FROM vault_key WHERE id = ?').run(block.key.id)
  }

  /** Encrypts and writes the blocks of this commit. */
  flush(): void {
    for (const { id, key, entries } of this.#open.values()) {
      if (entries.length > 0) this.#statements.insertBlock.run(id, key.id, this.#vault.sealBlock(key.key, entries))
    }
    this.#open.clear()
    for (const run of this.#keys.keys()) {
      if (this.#keys.size <= cachedKeysMax) break
      this.#keys.delete(run)
    }
  }

  /**
   * Destroys the key of a run and every block under it, and the blocks that its events name with their keys: the two are
   * the same unless somebody changed the tables, and then neither may survive.
   *
   * @param blocks the blocks that the events of the run name
   * @throws StoreError `erasure_failed` when there are named blocks and none of them was there to be destroyed
   */
  eraseRun(run: number, blocks: readonly number[]): void {
    this.#keys.delete(run)
    const keyOf = this.#database.prepare('SELECT key FROM vault_block WHERE id = ?')
    const removeBlock = this.#database.prepare('DELETE FROM vault_block WHERE id = ?')
    const removeKey = this.#database.prepare(
      'DELETE FROM vault_key WHERE id = ? AND NOT EXISTS (SELECT 1 FROM vault_block WHERE key = vault_key.id)',
    )
    const keys = new Set<number>()
    for (const block of blocks) {
      const key = keyOf.get(block)?.['key']
      if (key !== undefined) keys.add(Number(key))
      removeBlock.run(block)
    }
    // One block that is lost must not keep the others from being erased.
    if (blocks.length > 0 && keys.size === 0) throw nothingDestroyed(`no block of the run is there`)
    this.#database.prepare('DELETE FROM vault_block WHERE key IN (SELECT id FROM vault_key WHERE run = ?)').run(run)
    this.#database.prepare('DELETE FROM vault_key WHERE run = ?').run(run)
    for (const key of keys) removeKey.run(key)
  }

  /**
   * Takes one event's bodies out of their block, which is encrypted anew without them.
   *
   * @throws StoreError `erasure_failed` when they are not in there
   */
  eraseEvent(block: number, index: number): void {
    const row = this.#database
      .prepare(
        'SELECT vault_block.key AS key_id, sealed, wrapped FROM vault_block JOIN vault_key ON vault_key.id = vault_block.key WHERE vault_block.id = ?',
      )
      .get(block)
    if (row === undefined) throw nothingDestroyed(`block ${block} or its key is not there`)
    const key = this.#vault.unwrapKey(row['wrapped'] as Uint8Array)
    const entries = this.#vault.openBlock(key, row['sealed'] as Uint8Array)
    const kept = entries.filter((entry) => entry.index !== index)
    if (kept.length === entries.length) throw nothingDestroyed(`block ${block} does not hold entry ${index}`)
    if (kept.length > 0)
      this.#database
        .prepare('UPDATE vault_block SET sealed = ? WHERE id = ?')
        .run(this.#vault.sealBlock(key, kept), block)
    else this.#database.prepare('DELETE FROM vault_block WHERE id = ?').run(block)
    this.#database.prepare('DELETE FROM vault_key WHERE id = ? AND run IS NULL').run(Number(row['key_id']))
  }

  #remember(run: number, key: DataKey): DataKey {
    this.#keys.set(run, key)
    return key
  }
}

function nothingDestroyed(why: string): StoreError {
  return new StoreError(
    'erasure_failed',
    `The payload does not lie where the log says: ${why}. Nothing was erased and nothing recorded. Run "counterfoil verify".`,
  )
}
