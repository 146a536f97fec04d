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
  /** As `redactName`, noting nothing. */
  showName(name: string): string
  /** The same for an object such as `{"name": "Authorization", "value": "…"}`. */
  isNameMember(name: string): boolean
  isValueMember(name: string): boolean
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
    this.#position++
    const names = new Set<string>()
    let named: string | undefined
    let valued: Valued | undefined
    for (;;) {
      const c = this.#next()
      if (c === 0x7d) break
      if (c === 0x2c) {
        this.#position++
        continue
      }
      const name = this.#name(path, names)
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
        if (this.#judge.isNameMember(name.sent)) named = this.#stringAt(start)
        else if (this.#judge.isValueMember(name.sent))
          valued = { start, end: this.#position, firstEdit, firstNote, lastNote: this.#notes.length, path: place }
      } else {
        this.#skip()
        this.#edits.push({ start, end: this.#position, literal: JSON.stringify(marker) })
      }
    }
    this.#position++
    if (named !== undefined && valued !== undefined) this.#editNamed(named, valued)
  }

  #editNamed(name: string, { start, end, firstEdit, firstNote, lastNote, path }: Valued): void {
    const notesCount = this.#notes.length
    const marker = this.#judge.redactMember(
      name,
      this.#judge.showName(name),
      () => JSON.parse(this.#text.slice(start, end)),
      path,
    )
    if (marker === undefined) return
    const literal = JSON.stringify(marker)
    // What was changed inside is gone with the whole; what was changed behind it stays.
    const behind = this.#edits.slice(firstEdit).filter((edit) => edit.start >= end)
    this.#edits.splice(firstEdit, this.#edits.length - firstEdit, { start, end, literal }, ...behind)
    this.#notes.splice(firstNote, lastNote - firstNote, ...this.#notes.splice(notesCount))
  }

  /** The name as sent, and as it may be shown. Two names that become the same marker stay two names. */
  #name(path: string, names: Set<string>): { sent: string; shown: string } {
    const start = this.#position
    this.#skipString()
    const sent = this.#decode(start, this.#position)
    let shown = this.#judge.redactName(sent, path)
    if (shown !== sent) {
      shown = makeUnique(shown, names)
      this.#edits.push({ start, end: this.#position, literal: JSON.stringify(shown) })
    }
    names.add(shown)
    return { sent, shown }
  }

  #array(path: string): void {
    this.#position++
    let index = 0
    for (;;) {
      const c = this.#next()
      if (c === 0x5d) break
      if (c === 0x2c) {
        this.#position++
        continue
      }
      this.value(`${path}/${index++}`)
    }
    this.#position++
  }

  #string(path: string): void {
    const start = this.#position
    this.#skipString()
    if (this.#position - start < 8) return
    const text = this.#decode(start, this.#position)
    const redacted = this.#judge.editString(text, path, this.#depth)
    if (redacted !== text) this.#edits.push({ start, end: this.#position, literal: JSON.stringify(redacted) })
  }

  /** Numbers long enough for a card number are looked at as text. */
  #scalar(path: string): void {
    const start = this.#position
    this.#skip()
    if (this.#position - start < 14) return
    const text = this.#text.slice(start, this.#position)
    const redacted = this.#judge.editString(text, path, this.#depth)
    if (redacted !== text) this.#edits.push({ start, end: this.#position, literal: JSON.stringify(redacted) })
  }

  #decode(start: number, end: number): string {
    const backslash = this.#text.indexOf('\\', start)
    if (backslash < 0 || backslash >= end) return this.#text.slice(start + 1, end - 1)
    return String(JSON.parse(this.#text.slice(start, end)))
  }

  #stringAt(start: number): string | undefined {
    return this.#text.charCodeAt(start) === 0x22 ? this.#decode(start, this.#position) : undefined
  }

  #parseAhead(start: number): unknown {
    const before = this.#position
    this.#skip()
    const value: unknown = JSON.parse(this.#text.slice(start, this.#position))
    this.#position = before
    return value
  }

  #skipString(): void {
    let i = this.#position + 1
    for (;;) {
      const c = this.#text.charCodeAt(i)
      if (c === 0x22) break
      i += c === 0x5c ? 2 : 1
    }
    this.#position = i + 1
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
