import { escapePointerToken } from '../json/json-pointer.ts'

/** What a walk through a JSON text asks of the redactor. */
export interface JsonTextJudge {
  /** The text to stand in place of a string, or the same. */
  editString(text: string, path: string, depth: number): string
  /** The text to stand in place of a member name, or the same. */
  redactName(name: string, path: string): string
  /**
   * The text to stand in place of a member's value that is a secret by its name, or undefined. The name as it will be
   * shown is judged too, so that doing it twice changes nothing.
   */
  redactMember(name: string, shown: string, value: () => unknown, path: string): string | undefined
  /** The text to stand in place of a long number, or the same. */
  editNumber(source: string, path: string): string
  /** The value of an object such as `{"name": "Authorization", "value": "…"}`, of which any of the names counts. */
  redactNamed(names: readonly string[], value: () => unknown, path: string): string | undefined
  isNameMember(name: string): boolean
  isValueMember(name: string): boolean
  /** An element of an array behind one that names it: `["X-Api-Key", "…"]`, `["--password", "…"]`. */
  redactItem(item: NamedItem, path: string): string | undefined
}

/** A string in an array, and the one before it. */
export interface NamedItem {
  name: string
  value: string
  index: number
  /** Whether the array ends here. */
  isLast: () => boolean
}

interface Edit {
  start: number
  end: number
  literal: string
}

/** Where the value of a `{"name": …, "value": …}` object stands, and what was changed and noted in it. */
interface Valued {
  start: number
  end: number
  firstEdit: number
  firstNote: number
  lastNote: number
  path: string
}

/**
 * Walks a JSON text that is known to be valid and changes in place what the judge changes: all other bytes stay, white
 * space and the source of numbers included. Returns the same text when nothing changed. `notes` is where the judge notes
 * what it removes.
 */
export function editJsonText(
  text: string,
  path: string,
  judge: JsonTextJudge,
  notes: unknown[],
  depth: number,
): string {
  const walk = new JsonTextWalk(text, judge, notes, depth)
  walk.value(path)
  return walk.apply()
}

class JsonTextWalk {
  readonly #text: string
  readonly #judge: JsonTextJudge
  readonly #depth: number
  readonly #notes: unknown[]
  readonly #edits: Edit[] = []
  #position = 0

  constructor(text: string, judge: JsonTextJudge, notes: unknown[], depth: number) {
    this.#notes = notes
    this.#text = text
    this.#judge = judge
    this.#depth = depth
  }

  value(path: string): void {
    const c = this.#next()
    if (c === 0x22) this.#string(path)
    else if (c === 0x7b) this.#object(path)
    else if (c === 0x5b) this.#array(path)
    else this.#scalar(path)
  }

  apply(): string {
    if (this.#edits.length === 0) return this.#text
    const parts: string[] = []
    let from = 0
    for (const { start, end, literal } of this.#edits) {
      parts.push(this.#text.slice(from, start), literal)
      from = end
    }
    parts.push(this.#text.slice(from))
    return parts.join('')
  }

  /** Passes white space and returns what stands there. */
  #next(): number {
    for (;;) {
      const c = this.#text.charCodeAt(this.#position)
      if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return c
      this.#position++
    }
  }

  #object(path: string): void {
    const open = this.#position
    this.#position++
    const names = new Set<string>()
    const naming: string[] = []
    let valued: Valued | undefined
    for (;;) {
      const c = this.#next()
      if (c === 0x7d) break
      if (c === 0x2c) {
        this.#position++
        continue
      }
      const name = this.#name(path, names, open)
      this.#next()
      this.#position++
      this.#next()
      const start = this.#position
      const place = `${path}/${escapePointerToken(name.shown)}`
      const marker = this.#judge.redactMember(name.sent, name.shown, () => this.#parseAhead(start), place)
      if (marker === undefined) {
        const firstEdit = this.#edits.length
        const firstNote = this.#notes.length
        this.value(place)
        if (this.#judge.isNameMember(name.sent)) naming.push(...this.#stringAt(start))
        else if (this.#judge.isValueMember(name.sent))
          valued = { start, end: this.#position, firstEdit, firstNote, lastNote: this.#notes.length, path: place }
      } else {
        this.#skip()
        this.#edits.push({ start, end: this.#position, literal: JSON.stringify(marker) })
      }
    }
    this.#position++
    if (naming.length > 0 && valued !== undefined) this.#editNamed(naming, valued)
  }

  #editNamed(names: readonly string[], { start, end, firstEdit, firstNote, lastNote, path }: Valued): void {
    const notesCount = this.#notes.length
    const marker = this.#judge.redactNamed(names, () => JSON.parse(this.#text.slice(start, end)), path)
    if (marker === undefined) return
    const literal = JSON.stringify(marker)
    // What was changed inside is gone with the whole; what was changed behind it stays.
    const behind = this.#edits.slice(firstEdit).filter((edit) => edit.start >= end)
    this.#edits.splice(firstEdit, this.#edits.length - firstEdit, { start, end, literal }, ...behind)
    this.#notes.splice(firstNote, lastNote - firstNote, ...this.#notes.splice(notesCount))
  }

  /**
   * The name as sent, and as it may be shown. Two names that become the same marker stay two names, and so does one that
   * was called like a marker before; `names` is filled when the first marker needs it.
   */
  #name(path: string, names: Set<string>, open: number): { sent: string; shown: string } {
    const start = this.#position
    this.#skipString()
    const sent = this.#decode(start, this.#position)
    let shown = this.#judge.redactName(sent, path)
    if (shown !== sent) {
      if (names.size === 0) this.#collectNames(open, names)
      shown = makeUnique(shown, names)
      names.add(shown)
      this.#edits.push({ start, end: this.#position, literal: JSON.stringify(shown) })
    }
    return { sent, shown }
  }

  /** All names of the object that opens there. */
  #collectNames(open: number, names: Set<string>): void {
    const before = this.#position
    this.#position = open + 1
    for (let c = this.#next(); c !== 0x7d; c = this.#next()) {
      if (c === 0x2c) {
        this.#position++
        continue
      }
      const start = this.#position
      this.#skipString()
      names.add(this.#decode(start, this.#position))
      this.#next()
      this.#position++
      this.#skip()
    }
    this.#position = before
  }

  #array(path: string): void {
    this.#position++
    let index = 0
    let before: string | undefined
    for (;;) {
      const c = this.#next()
      if (c === 0x5d) break
      if (c === 0x2c) {
        this.#position++
        continue
      }
      const place = `${path}/${index}`
      before = c === 0x22 ? this.#item(place, before, index) : undefined
      if (c !== 0x22) this.value(place)
      index++
    }
    this.#position++
  }

  /** A string of an array, judged by the one before it, and then by itself. Returns it as sent. */
  #item(path: string, name: string | undefined, index: number): string {
    const start = this.#position
    this.#skipString()
    const end = this.#position
    const value = this.#decode(start, end)
    const marker =
      name === undefined
        ? undefined
        : this.#judge.redactItem({ name, value, index, isLast: () => this.#next() === 0x5d }, path)
    if (marker !== undefined) this.#edits.push({ start, end, literal: JSON.stringify(marker) })
    else this.#editString(start, end, value, path)
    return value
  }

  #string(path: string): void {
    const start = this.#position
    this.#skipString()
    if (this.#position - start >= 8) this.#editString(start, this.#position, this.#decode(start, this.#position), path)
  }

  #editString(start: number, end: number, text: string, path: string): void {
    const redacted = this.#judge.editString(text, path, this.#depth)
    if (redacted !== text) this.#edits.push({ start, end, literal: JSON.stringify(redacted) })
  }

  /** Numbers long enough for a card number are looked at as text. */
  #scalar(path: string): void {
    const start = this.#position
    this.#skip()
    if (this.#position - start < 14) return
    const text = this.#text.slice(start, this.#position)
    const redacted = this.#judge.editNumber(text, path)
    if (redacted !== text) this.#edits.push({ start, end: this.#position, literal: JSON.stringify(redacted) })
  }

  #decode(start: number, end: number): string {
    const backslash = this.#text.indexOf('\\', start)
    if (backslash < 0 || backslash >= end) return this.#text.slice(start + 1, end - 1)
    return String(JSON.parse(this.#text.slice(start, end)))
  }

  #stringAt(start: number): string[] {
    return this.#text.charCodeAt(start) === 0x22 ? [this.#decode(start, this.#position)] : []
  }

  #parseAhead(start: number): unknown {
    const before = this.#position
    this.#skip()
    const value: unknown = JSON.parse(this.#text.slice(start, this.#position))
    this.#position = before
    return value
  }

  #skipString(): void {
    let end = this.#text.indexOf('"', this.#position + 1)
    while (this.#isEscaped(end)) end = this.#text.indexOf('"', end + 1)
    this.#position = end + 1
  }

  /** Whether an odd number of backslashes stands before a character. */
  #isEscaped(at: number): boolean {
    let start = at
    while (this.#text.charCodeAt(start - 1) === 0x5c) start--
    return (at - start) % 2 === 1
  }

  /** Passes any value. */
  #skip(): void {
    let open = 0
    for (;;) {
      const c = this.#next()
      if (c === 0x22) this.#skipString()
      else if (c === 0x7b || c === 0x5b) {
        open++
        this.#position++
      } else if (c === 0x7d || c === 0x5d) {
        open--
        this.#position++
      } else if (c === 0x2c || c === 0x3a) this.#position++
      else this.#skipWord()
      if (open === 0) return
    }
  }

  #skipWord(): void {
    while (this.#position < this.#text.length && !' \t\r\n,:{}[]"'.includes(this.#text.charAt(this.#position)))
      this.#position++
  }
}

/** Adds a number where the name is taken. */
export function makeUnique(name: string, names: ReadonlySet<string>): string {
  if (!names.has(name)) return name
  let count = 2
  while (names.has(`${name}[${count}]`)) count++
  return `${name}[${count}]`
}
