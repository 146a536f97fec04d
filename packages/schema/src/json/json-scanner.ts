import { JsonError, type JsonErrorCode } from './json-error.ts'
import { extendPointer, findPointer } from './json-pointer.ts'

const quote = 0x22
const minus = 0x2d
const dot = 0x2e
const backslash = 0x5c

/**
 * The tokens of RFC 8259 on a part of a text, and where in it a mistake was. A mistake in the grammar is thrown at once,
 * because nothing behind it can be trusted. What is only forbidden is kept in `problem` and reading goes on.
 */
export class JsonScanner {
  position: number
  /** The first forbidden thing of the value being read. */
  problem: JsonError | undefined
  protected readonly text: string
  protected readonly end: number
  /** Whether a `\u` or `\/` escape was passed. */
  protected hasEscape = false
  /** Pointers count from here. */
  protected root: number
  readonly #isWellFormed: boolean

  constructor(text: string, start: number, end: number) {
    this.text = text
    this.position = start
    this.end = end
    this.root = start
    // Of this part alone: a batch has one scanner an event, and looking at all of its text each time is quadratic.
    this.#isWellFormed = text.slice(start, end).isWellFormed()
  }

  /** Passes white space and says whether something follows. */
  skipSpace(): boolean {
    while (this.position < this.end) {
      const c = this.text.charCodeAt(this.position)
      if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return true
      this.position++
    }
    return false
  }

  /** Passes one character if it comes next. */
  take(code: number): boolean {
    if (this.position >= this.end || this.text.charCodeAt(this.position) !== code) return false
    this.position++
    return true
  }

  /** A mistake in the grammar at the present position. */
  fail(message: string, offset = this.position): never {
    throw new JsonError('json_invalid', message, offset, findPointer(this.text, this.root, offset))
  }

  /** Pointers of errors from here on count from the present position. */
  startRoot(): void {
    this.root = this.position
  }

  protected report(code: JsonErrorCode, message: string, offset: number, key?: string): void {
    if (this.problem !== undefined) return
    const pointer = findPointer(this.text, this.root, offset)
    this.problem = new JsonError(code, message, offset, key === undefined ? pointer : extendPointer(pointer, key))
  }

  protected peek(): number {
    return this.position < this.end ? this.text.charCodeAt(this.position) : -1
  }

  /** Passes a string and says whether it has escapes. */
  protected checkString(): boolean {
    const text = this.text
    const end = this.end
    const start = this.position
    let hasEscapes = false
    for (let i = start + 1; i < end; i++) {
      const c = text.charCodeAt(i)
      if (c === quote) {
        this.position = i + 1
        this.checkSurrogates(start)
        return hasEscapes
      }
      if (c === backslash) {
        hasEscapes = true
        i = this.#checkEscape(i, start)
      } else if (c < 0x20) this.fail('A control character must be escaped', i)
    }
    return this.fail('A string has no end', start)
  }

  /** Passes the escape that begins at `i` and returns its last character. */
  #checkEscape(i: number, stringStart: number): number {
    switch (this.text.charCodeAt(i + 1)) {
      case 0x2f:
        this.hasEscape = true
        return this.#within(i + 1, stringStart)
      case quote:
      case backslash:
      case 0x62:
      case 0x66:
      case 0x6e:
      case 0x72:
      case 0x74:
        return this.#within(i + 1, stringStart)
      case 0x75: {
        this.hasEscape = true
        const unit = this.#readHex(i + 2)
        if ((unit & 0xf800) !== 0xd800) return i + 5
        if (
          unit < 0xdc00 &&
          this.text.charCodeAt(i + 6) === backslash &&
          this.text.charCodeAt(i + 7) === 0x75 &&
          (this.#readHex(i + 8) & 0xfc00) === 0xdc00
        )
          return i + 11
        this.report('json_lone_surrogate', 'Half of a surrogate pair is not a character', stringStart)
        return i + 5
      }
      default:
        return this.fail('Unknown escape', i)
    }
  }

  #within(i: number, stringStart: number): number {
    if (i >= this.end) this.fail('A string has no end', stringStart)
    return i
  }

  #readHex(start: number): number {
    if (start + 4 > this.end) this.fail('\\u needs four hexadecimal digits', start)
    let unit = 0
    for (let i = start; i < start + 4; i++) {
      const c = this.text.charCodeAt(i)
      const lower = c | 0x20
      if (c >= 0x30 && c <= 0x39) unit = unit * 16 + c - 0x30
      else if (lower >= 0x61 && lower <= 0x66) unit = unit * 16 + lower - 0x57
      else this.fail('\\u needs four hexadecimal digits', i)
    }
    return unit
  }

  /** Unpaired surrogates that stand in the text itself; texts from UTF-8 have none. */
  protected checkSurrogates(start: number): void {
    if (!this.#isWellFormed && !this.text.slice(start, this.position).isWellFormed())
      this.report('json_lone_surrogate', 'Half of a surrogate pair is not a character', start)
  }

  protected checkNumber(): void {
    if (this.peek() === minus) this.position++
    if (!this.take(0x30) && this.#passDigits() === 0) this.fail('Expected a digit')
    if (this.take(dot) && this.#passDigits() === 0) this.fail('Expected a digit after the point')
    if ((this.peek() | 0x20) === 0x65) {
      this.position++
      const sign = this.peek()
      if (sign === minus || sign === 0x2b) this.position++
      if (this.#passDigits() === 0) this.fail('Expected a digit in the exponent')
    }
  }

  #passDigits(): number {
    const start = this.position
    while (this.position < this.end) {
      const c = this.text.charCodeAt(this.position)
      if (c < 0x30 || c > 0x39) break
      this.position++
    }
    return this.position - start
  }

  protected readWord(c: number): null | boolean {
    if (c === 0x74 && this.#takeWord('true')) return true
    if (c === 0x66 && this.#takeWord('false')) return false
    if (c === 0x6e && this.#takeWord('null')) return null
    return this.fail(c < 0 ? 'Expected a value, found the end' : 'Expected a value')
  }

  #takeWord(word: string): boolean {
    if (this.position + word.length > this.end || !this.text.startsWith(word, this.position)) return false
    this.position += word.length
    return true
  }
}
