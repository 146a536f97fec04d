const slotsCount = 2_048

/** Longer names are not worth keeping. */
const keyCharactersMax = 64

/**
 * Member names seen before. The same few names come again in every event; a name that is found here needs no new
 * string, and comparing two of them is comparing two pointers. One slot a hash, the newest wins, so that hostile names
 * can make it useless but never large.
 */
export class KeyTable {
  readonly #isInteresting: ((key: string) => boolean) | undefined
  readonly #keys = Array.from<string>({ length: slotsCount }).fill('')
  readonly #interesting = new Uint8Array(slotsCount)
  /** Whether the name of the last `find` was interesting. */
  found = false

  constructor(isInteresting?: (key: string) => boolean) {
    this.#isInteresting = isInteresting
  }

  /** The name between `start` and `end`, whose character codes have the given hash. */
  find(text: string, start: number, end: number, hash: number): string {
    const length = end - start
    if (length > keyCharactersMax) return this.note(text.slice(start, end))
    const slot = (hash ^ (hash >>> 11)) & (slotsCount - 1)
    const known = this.#keys[slot] ?? ''
    if (known.length === length && matches(text, start, known)) {
      this.found = this.#interesting[slot] === 1
      return known
    }
    const key = this.note(intern(text.slice(start, end)))
    this.#keys[slot] = key
    this.#interesting[slot] = this.found ? 1 : 0
    return key
  }

  /** Judges a name that is not in the table. */
  note(key: string): string {
    this.found = this.#isInteresting !== undefined && this.#isInteresting(key)
    return key
  }
}

function matches(text: string, start: number, known: string): boolean {
  for (let i = 0; i < known.length; i++) {
    if (text.charCodeAt(start + i) !== known.charCodeAt(i)) return false
  }
  return true
}

/** A copy that does not keep the whole text alive, as a slice would. */
function intern(slice: string): string {
  return Object.keys({ [slice]: 0 })[0] ?? slice
}

let plainTable: KeyTable | undefined
const tablesByJudge = new WeakMap<(key: string) => boolean, KeyTable>()

/** The table that belongs to a judge of names; it lives as long as the judge. */
export function keyTableOf(isInteresting: ((key: string) => boolean) | undefined): KeyTable {
  if (isInteresting === undefined) return (plainTable ??= new KeyTable())
  let table = tablesByJudge.get(isInteresting)
  if (table === undefined) {
    table = new KeyTable(isInteresting)
    tablesByJudge.set(isInteresting, table)
  }
  return table
}
