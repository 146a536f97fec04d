import { DatabaseSync } from 'node:sqlite'

export interface Order {
  readonly id: string
  readonly customer: string
  readonly status: 'delivered' | 'cancelled' | 'lost'
  readonly totalMinor: number
  readonly currency: string
  /** Counts the changes of the row: what a decision was based on. */
  readonly version: number
}

export interface Refund {
  readonly id: string
  readonly order: string
  readonly amountMinor: number
}

/** One change that the database itself saw, whoever made it. */
export interface Change {
  readonly seq: number
  readonly table: string
  readonly rowId: string
  readonly order: string
  readonly amountMinor: number
  readonly key: string | null
  readonly atMs: number
}

/**
 * The shop: another system, with a database of its own. Its triggers write down every refund, whoever makes it, so that
 * there is somebody to ask besides the agent.
 */
export class Shop implements Disposable {
  readonly #database: DatabaseSync

  constructor(file: string) {
    this.#database = new DatabaseSync(file)
    this.#database.exec(schema)
  }

  addOrder(order: Omit<Order, 'version'>): void {
    const insert = 'INSERT OR IGNORE INTO orders (id, customer, status, total_minor, currency) VALUES (?, ?, ?, ?, ?)'
    this.#database.prepare(insert).run(order.id, order.customer, order.status, order.totalMinor, order.currency)
  }

  orderCount(): number {
    return Number(this.#database.prepare('SELECT count(*) AS n FROM orders').get()?.['n'] ?? 0)
  }

  knowsCustomer(customer: string): boolean {
    return this.#database.prepare('SELECT 1 FROM orders WHERE customer = ? LIMIT 1').get(customer) !== undefined
  }

  order(id: string): Order | undefined {
    const row = this.#database.prepare('SELECT * FROM orders WHERE id = ?').get(id)
    if (row === undefined) return undefined
    return {
      id: String(row['id']),
      customer: String(row['customer']),
      status: row['status'] as Order['status'],
      totalMinor: Number(row['total_minor']),
      currency: String(row['currency']),
      version: Number(row['version']),
    }
  }

  /** What somebody else in the shop does while the agent thinks. */
  changeTotal(id: string, totalMinor: number): void {
    this.#database.prepare('UPDATE orders SET total_minor = ?, version = version + 1 WHERE id = ?').run(totalMinor, id)
  }

  refundsOf(order: string): readonly Refund[] {
    const rows = this.#database.prepare('SELECT * FROM refunds WHERE order_id = ? ORDER BY rowid').all(order)
    return rows.map((row) => ({
      id: String(row['id']),
      order: String(row['order_id']),
      amountMinor: Number(row['amount_minor']),
    }))
  }

  /** The same key again gives the first refund again, as payment services do. */
  createRefund(request: { order: string; amountMinor: number; key?: string }): Refund {
    const known =
      request.key === undefined
        ? undefined
        : this.#database.prepare('SELECT id, amount_minor FROM refunds WHERE key = ?').get(request.key)
    if (known !== undefined) {
      return { id: String(known['id']), order: request.order, amountMinor: Number(known['amount_minor']) }
    }
    const { next } = this.#database.prepare('SELECT count(*) + 1 AS next FROM refunds').get() as { next: number }
    const id = `re_${String(next).padStart(4, '0')}`
    this.#database
      .prepare('INSERT INTO refunds (id, order_id, amount_minor, key) VALUES (?, ?, ?, ?)')
      .run(id, request.order, request.amountMinor, request.key ?? null)
    return { id, order: request.order, amountMinor: request.amountMinor }
  }

  /** What the triggers wrote down after `seq`, oldest first. */
  changesAfter(seq: number): readonly Change[] {
    const rows = this.#database.prepare('SELECT * FROM changes WHERE seq > ? ORDER BY seq').all(seq)
    return rows.map((row) => ({
      seq: Number(row['seq']),
      table: String(row['source_table']),
      rowId: String(row['row_id']),
      order: String(row['order_id']),
      amountMinor: Number(row['amount_minor']),
      key: row['key'] === null ? null : String(row['key']),
      atMs: Number(row['at_ms']),
    }))
  }

  [Symbol.dispose](): void {
    this.#database.close()
  }
}

const schema = `
PRAGMA journal_mode = WAL;
PRAGMA busy_timeout = 5000;
CREATE TABLE IF NOT EXISTS orders (
  id TEXT PRIMARY KEY, customer TEXT NOT NULL, status TEXT NOT NULL, total_minor INTEGER NOT NULL,
  currency TEXT NOT NULL, version INTEGER NOT NULL DEFAULT 1
);
CREATE TABLE IF NOT EXISTS refunds (
  id TEXT PRIMARY KEY, order_id TEXT NOT NULL REFERENCES orders (id), amount_minor INTEGER NOT NULL, key TEXT UNIQUE
);
CREATE TABLE IF NOT EXISTS changes (
  seq INTEGER PRIMARY KEY, source_table TEXT NOT NULL, row_id TEXT NOT NULL, order_id TEXT NOT NULL,
  amount_minor INTEGER NOT NULL, key TEXT, at_ms INTEGER NOT NULL
);
CREATE TRIGGER IF NOT EXISTS refund_seen AFTER INSERT ON refunds BEGIN
  INSERT INTO changes (source_table, row_id, order_id, amount_minor, key, at_ms)
  VALUES ('refunds', new.id, new.order_id, new.amount_minor, new.key, CAST(unixepoch('subsec') * 1000 AS INTEGER));
END;
`
