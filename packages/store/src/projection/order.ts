/** Position of an event within its run: what the producer said, ties broken by event id. Arrival plays no part. */
export type Order = readonly [runSeq: number, eventId: string]

export function compareOrder(a: Order, b: Order): number {
  if (a[0] !== b[0]) return a[0] - b[0]
  return a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0
}

/** A value with the position of the event that said it. */
export interface Said<T> {
  readonly at: Order
  readonly value: T
}

/** Of two statements the one that stands earlier in the run. Commutative, so that arrival order cannot matter. */
export function earlier<T>(a: Said<T> | undefined, b: Said<T> | undefined): Said<T> | undefined {
  if (a === undefined) return b
  if (b === undefined) return a
  return compareOrder(a.at, b.at) <= 0 ? a : b
}

/** Of two statements the one that stands later in the run. */
export function later<T>(a: Said<T> | undefined, b: Said<T> | undefined): Said<T> | undefined {
  if (a === undefined) return b
  if (b === undefined) return a
  return compareOrder(a.at, b.at) >= 0 ? a : b
}
