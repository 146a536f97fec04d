import { JsonScanner } from './json-scanner.ts'
import { JsonNumber, RawJson, type JsonObject, type JsonValue } from './json-value.ts'
import type { KeyTable } from './key-table.ts'

const quote = 0x22
const comma = 0x2c
const minus = 0x2d
const dot = 0x2e
const colon = 0x3a
const openBracket = 0x5b
const backslash = 0x5c
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

/** Up to so many members names are compared one by one; beyond, in a set. */
const comparedKeysMax = 12

/** Any integer of so many digits is exact. */
const exactDigitsMax = 15

export interface ReaderOptions {
  depthMax: number
  /** The member at depth 1 that stays text. */
  raw: string | undefined
  rawDepthMax: number
  keys: KeyTable
}

/**
 * The scanner behind every entry point: RFC 8259 on a part of a text. A mistake in the grammar is thrown at once,
 * because nothing behind it can be trusted. What is only forbidden (duplicate names, lone surrogates, depth) is kept in
 * `problem` and reading goes on, so that a batch finds the end of the element and its neighbours survive.
 */
export class JsonReader extends JsonScanner {
  readonly #options: ReaderOptions
  readonly #names: string[] = []
  #namesCount = 0
  #isInteresting = false

  constructor(text: string, start: number, end: number, options: ReaderOptions) {
    super(text, start, end)
    this.#options = options
  }

  /** Reads one value as a tree; pointers of its errors count from it. */
  readRoot(): JsonValue {
    this.problem = undefined
    this.skipSpace()
    this.root = this.position
    return this.#readValue(1)
  }

  #readValue(depth: number): JsonValue {
    const c = this.peek()
    if (c === quote) return this.#readString()
    if (c === openBrace || c === openBracket) {
      if (depth > this.#options.depthMax) return this.#refuseDepth(this.#options.depthMax)
      return c === openBrace ? this.#readObject(depth) : this.#readArray(depth)
    }
    if (c === minus || (c >= 0x30 && c <= 0x39)) return this.#readNumber()
    return this.readWord(c)
  }

  #readObject(depth: number): JsonObject {
    const object: JsonObject = {}
    this.position++
    this.skipSpace()
    if (this.take(closeBrace)) return object
    for (;;) {
      const keyStart = this.position
      const key = this.#readKey()
      const value = depth === 1 && key === this.#options.raw ? this.#readRaw() : this.#readValue(depth + 1)
      // Never undefined in a tree: most names are new, and one look-up tells.
      if (object[key] === undefined) object[key] = value
      else if (Object.hasOwn(object, key))
        this.report('json_duplicate_key', 'A name stands twice in one object', keyStart, key)
      // Inherited names such as __proto__ and toString become own data properties without running a setter.
      else Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
      this.skipSpace()
      if (this.take(comma)) this.skipSpace()
      else if (this.take(closeBrace)) return object
      else this.fail('Expected , or } in an object')
    }
  }

  #readArray(depth: number): JsonValue[] {
    const array: JsonValue[] = []
    this.position++
    this.skipSpace()
    if (this.take(closeBracket)) return array
    for (;;) {
      array.push(this.#readValue(depth + 1))
      this.skipSpace()
      if (this.take(comma)) this.skipSpace()
      else if (this.take(closeBracket)) return array
      else this.fail('Expected , or ] in an array')
    }
  }

  #readRaw(): RawJson {
    const start = this.position
    this.hasEscape = false
    this.#isInteresting = false
    this.#checkValue(1)
    return new RawJson(this.text.slice(start, this.position), this.hasEscape, this.#isInteresting)
  }

  /** As #readValue, without making anything. */
  #checkValue(depth: number): void {
    const c = this.peek()
    if (c === quote) this.checkString()
    else if (c === openBrace || c === openBracket) {
      if (depth > this.#options.rawDepthMax) this.#refuseDepth(this.#options.rawDepthMax)
      else if (c === openBrace) this.#checkObject(depth)
      else this.#checkArray(depth)
    } else if (c === minus || (c >= 0x30 && c <= 0x39)) this.checkNumber()
    else this.readWord(c)
  }

  #checkObject(depth: number): void {
    this.position++
    this.skipSpace()
    if (this.take(closeBrace)) return
    const base = this.#namesCount
    let manyNames: Set<string> | undefined
    for (;;) {
      const keyStart = this.position
      const key = this.#readKey()
      if (this.#options.keys.found) this.#isInteresting = true
      if (manyNames === undefined) {
        for (let i = base; i < this.#namesCount; i++) {
          if (this.#names[i] === key)
            this.report('json_duplicate_key', 'A name stands twice in one object', keyStart, key)
        }
        this.#names[this.#namesCount++] = key
        if (this.#namesCount - base > comparedKeysMax) manyNames = new Set(this.#names.slice(base, this.#namesCount))
      } else {
        const count = manyNames.size
        if (manyNames.add(key).size === count)
          this.report('json_duplicate_key', 'A name stands twice in one object', keyStart, key)
      }
      this.#checkValue(depth + 1)
      this.skipSpace()
      if (this.take(comma)) this.skipSpace()
      else if (this.take(closeBrace)) break
      else this.fail('Expected , or } in an object')
    }
    this.#namesCount = base
  }

  #checkArray(depth: number): void {
    this.position++
    this.skipSpace()
    if (this.take(closeBracket)) return
    for (;;) {
      this.#checkValue(depth + 1)
      this.skipSpace()
      if (this.take(comma)) this.skipSpace()
      else if (this.take(closeBracket)) return
      else this.fail('Expected , or ] in an array')
    }
  }

  /** Reads a name and its colon. The table says in `found` whether it is interesting. */
  #readKey(): string {
    const text = this.text
    const start = this.position
    if (this.peek() !== quote) this.fail('Expected a name in quotes')
    const keys = this.#options.keys
    let key: string | undefined
    let hash = 0
    let i = start + 1
    for (; i < this.end; i++) {
      const c = text.charCodeAt(i)
      if (c === quote) {
        key = keys.find(text, start + 1, i, hash)
        this.position = i + 1
        this.checkSurrogates(start)
        break
      }
      if (c === backslash || c < 0x20) {
        key = keys.note(this.#readString())
        break
      }
      hash = (Math.imul(hash, 31) + c) | 0
    }
    if (key === undefined) this.fail('A string has no end', start)
    this.skipSpace()
    if (!this.take(colon)) this.fail('Expected : after a name')
    this.skipSpace()
    return key
  }

  #readString(): string {
    const start = this.position
    const hasEscapes = this.checkString()
    if (!hasEscapes) return this.text.slice(start + 1, this.position - 1)
    // Checked above, so the built-in parser only unescapes.
    return String(JSON.parse(this.text.slice(start, this.position)))
  }

  #readNumber(): number | JsonNumber {
    const text = this.text
    const start = this.position
    const first = text.charCodeAt(start)
    if (first !== 0x30 && first !== minus) {
      let value = first - 0x30
      let i = start + 1
      for (; i < this.end; i++) {
        const c = text.charCodeAt(i)
        if (c < 0x30 || c > 0x39) {
          if (c === dot || (c | 0x20) === 0x65) i = Number.MAX_SAFE_INTEGER
          break
        }
        value = value * 10 + c - 0x30
      }
      if (i - start <= exactDigitsMax) {
        this.position = i
        return value
      }
    }
    this.checkNumber()
    const source = text.slice(start, this.position)
    const value = Number(source)
    return String(value) === source ? value : new JsonNumber(source)
  }

  /** Passes a value of any depth by brackets alone, without recursion. */
  #refuseDepth(depthMax: number): null {
    this.report('json_too_deep', `Nested deeper than ${depthMax}`, this.position)
    let closers = new Uint8Array(1_024)
    let open = 0
    for (;;) {
      // A value, or the end of an empty container, comes next.
      this.skipSpace()
      const c = this.peek()
      let isOpen = false
      if (c === openBrace || c === openBracket) {
        const closer = c + 2
        if (open === closers.length) {
          const larger = new Uint8Array(open * 2)
          larger.set(closers)
          closers = larger
        }
        closers[open++] = closer
        this.position++
        this.skipSpace()
        isOpen = this.peek() !== closer
        if (isOpen && c === openBrace) this.#passKey()
      } else if (c === quote) this.checkString()
      else if (c === minus || (c >= 0x30 && c <= 0x39)) this.checkNumber()
      else this.readWord(c)
      while (!isOpen) {
        if (open === 0) return null
        const closer = closers[open - 1] ?? 0
        this.skipSpace()
        if (this.take(closer)) open--
        else if (this.take(comma)) {
          isOpen = true
          this.skipSpace()
          if (closer === closeBrace) this.#passKey()
        } else this.fail(closer === closeBrace ? 'Expected , or } in an object' : 'Expected , or ] in an array')
      }
    }
  }

  #passKey(): void {
    if (this.peek() !== quote) this.fail('Expected a name in quotes')
    this.checkString()
    this.skipSpace()
    if (!this.take(colon)) this.fail('Expected : after a name')
  }
}
