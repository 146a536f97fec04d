import { randomUUID } from 'node:crypto'
import type { Shop } from './world/shop.ts'

/**
 * Tells the log what the shop's own database saw, under a key that the agent does not have: the second witness. It reads
 * the changes that triggers wrote down, and remembers how far it has come.
 */
export class Observer {
  readonly #shop: Shop
  readonly #url: string
  readonly #key: string
  #seen: number

  constructor(shop: Shop, options: { url: string; key: string }) {
    this.#shop = shop
    this.#url = options.url
    this.#key = options.key
    this.#seen = shop.changesAfter(0).at(-1)?.seq ?? 0
  }

  /** Sends what is new. @returns how many changes there were */
  async look(): Promise<number> {
    const changes = this.#shop.changesAfter(this.#seen)
    if (changes.length === 0) return 0
    const events = changes.map(({ rowId, order, amountMinor, key, atMs }) => ({
      schema_version: '1.0',
      event_id: uuidV7(atMs),
      event_type: 'effect_observed',
      occurred_at: new Date(atMs).toISOString(),
      target: { type: 'order', id: order },
      effect: { status: 'applied', external_ref: rowId, source: 'shop-db' },
      attributes: { amount_minor: amountMinor, currency: 'EUR', ...(key !== null && { refund_key: key }) },
    }))
    const answer = await fetch(`${this.#url}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.#key}`, 'content-type': 'application/json' },
      body: JSON.stringify(events),
    })
    if (!answer.ok) throw new Error(`The log took no observations: ${answer.status} ${await answer.text()}`)
    this.#seen = changes.at(-1)?.seq ?? this.#seen
    return changes.length
  }
}

/** Ids of events begin with their time (RFC 9562 section 5.7). */
function uuidV7(ms: number): string {
  const time = ms.toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`
}
