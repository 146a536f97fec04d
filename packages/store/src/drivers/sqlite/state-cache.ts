/** What an entry costs beside its text: its key, the objects around it, the values of its row. */
const entryCharacters = 256

/** Remembers values by key; {@link trim} forgets what was not written or read for longest, down to a limit in characters. */
export class StateCache<Value> {
  readonly #charactersMax: number
  readonly #entries = new Map<string, { value: Value; readonly characters: number }>()
  #characters = 0

  constructor(charactersMax: number) {
    this.#charactersMax = charactersMax
  }

  get(key: string): Value | undefined {
    return this.#entries.get(key)?.value
  }

  /** @param characters how long the value is as text */
  set(key: string, value: Value, characters: number): void {
    this.#forget(key)
    this.#entries.set(key, { value, characters: characters + entryCharacters })
    this.#characters += characters + entryCharacters
  }

  /** Between commits: within one, everything it has touched must stay. */
  trim(): void {
    for (const key of this.#entries.keys()) {
      if (this.#characters <= this.#charactersMax) return
      this.#forget(key)
    }
  }

  clear(): void {
    this.#entries.clear()
    this.#characters = 0
  }

  #forget(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#characters -= entry.characters
    this.#entries.delete(key)
  }
}
