import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { ProjectionDifference } from '../../event-store.ts'

const page = 1_000
const lowest = -(2n ** 63n)

/**
 * Whether blocks and keys lie where an erasure looks for them: each block is named by an entry, its key is filed under the
 * run of that entry, and no key stands for nothing. Remembers in a database aside which entry names which block.
 */
export class VaultCheck {
  readonly #insert: StatementSync
  readonly #use: StatementSync
  readonly #blocks: StatementSync
  readonly #keys: StatementSync

  constructor(live: DatabaseSync, aside: DatabaseSync) {
    aside.exec('CREATE TABLE block_use (block INTEGER PRIMARY KEY, run INTEGER)')
    this.#insert = aside.prepare('INSERT OR IGNORE INTO block_use (block, run) VALUES (?, ?)')
    this.#use = aside.prepare('SELECT run FROM block_use WHERE block = ?')
    this.#blocks = live.prepare(
      'SELECT vault_block.id, vault_key.id AS key, vault_key.run FROM vault_block LEFT JOIN vault_key ON vault_key.id = vault_block.key WHERE vault_block.id > ? ORDER BY vault_block.id LIMIT ?',
    )
    this.#keys = live.prepare(
      'SELECT id, run, EXISTS (SELECT 1 FROM vault_block WHERE key = vault_key.id) AS used FROM vault_key WHERE id > ? ORDER BY id LIMIT ?',
    )
  }

  /** Takes note of an entry that names a block. */
  note(differences: ProjectionDifference[], block: number, run: number | null): void {
    const { changes } = this.#insert.run(block, run)
    if (changes === 0 && this.#use.get(block)?.['run'] !== run)
      differences.push({ table: 'vault_block', id: String(block), message: 'is named by entries of several runs' })
  }

  /** Looks at one page of blocks; every entry up to the head has to be noted. Gives where to go on, undefined at the end. */
  blocks(differences: ProjectionDifference[], after: number | bigint = lowest): number | undefined {
    const rows = this.#blocks.all(after, page)
    for (const { id, key, run } of rows) {
      const use = this.#use.get(Number(id))
      const message =
        use === undefined
          ? 'holds a payload that no entry names'
          : key === null
            ? 'has no key'
            : use['run'] === run
              ? undefined
              : 'has a key that is filed under another run than its entries: an erasure would miss it'
      if (message !== undefined) differences.push({ table: 'vault_block', id: String(id), message })
    }
    return rows.length < page ? undefined : Number(rows.at(-1)?.['id'])
  }

  /**
   * Looks at one page of keys. A run may have a key and no payload: one that was refused, or erased alone. An event without
   * a run takes its key with it.
   */
  keys(differences: ProjectionDifference[], after: number | bigint = lowest): number | undefined {
    const rows = this.#keys.all(after, page)
    for (const { id, run, used } of rows) {
      if (run === null && used === 0)
        differences.push({ table: 'vault_key', id: String(id), message: 'opens no payload' })
    }
    return rows.length < page ? undefined : Number(rows.at(-1)?.['id'])
  }
}
