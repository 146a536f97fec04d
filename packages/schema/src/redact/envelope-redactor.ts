import { escapePointerToken } from '../json/json-pointer.ts'
import type { JsonValue } from '../json/json-value.ts'
import { limits } from '../limits.ts'
import { fingerprintOf } from './fingerprint.ts'
import { record, toMarker, type Redaction } from './redaction.ts'

/** What redaction of an envelope asks of the redactor. */
export interface EnvelopeJudge {
  /** Whether a text is worth a closer look. */
  mayHold(text: string): boolean
  redactString(text: string, path: string, out: Redaction[]): string
  /** As `redactString`, for an id: a number in one piece is no card. */
  redactId(text: string, path: string, out: Redaction[]): string
  redactValue(value: JsonValue, path: string, out: Redaction[]): JsonValue
  /** The marker for the value of an attribute that is a secret by its name. */
  redactAttribute(name: string, value: unknown, path: string, out: Redaction[]): string | undefined
}

const idPattern = /^[\x21-\x7e]{1,128}$/
const codePattern = /^[a-z][a-z0-9_.]{0,63}$/

/** Members of the event whose form leaves no room for a secret, and the payload, which is text here. */
const formalMembers = new Set([
  'schema_version',
  'event_id',
  'event_type',
  'occurred_at',
  'causation_id',
  'trace_id',
  'span_id',
  'payload',
])
const codeMembers = new Set(['type', 'reason_code'])

/** Removes secrets from the strings of an envelope, so that each still fits where it stood. */
export class EnvelopeRedactor {
  readonly #judge: EnvelopeJudge
  readonly #randomRules: ReadonlySet<string>

  /** `randomRules`: ids of the rules whose secrets are random enough for a fingerprint. */
  constructor(judge: EnvelopeJudge, randomRules: ReadonlySet<string>) {
    this.#judge = judge
    this.#randomRules = randomRules
  }

  redact<T extends object>(event: T, out: Redaction[]): T {
    // The copy has the members of the original; only strings in it differ.
    return this.#redactMembers(event as Record<string, unknown>, '', out) as T
  }

  /** The members of an envelope object; returns the same object when nothing changed. */
  #redactMembers(object: Record<string, unknown>, path: string, out: Redaction[]): Record<string, unknown> {
    let copy: Record<string, unknown> | undefined
    const isRoot = path === ''
    for (const name of Object.keys(object)) {
      const value: unknown = object[name]
      if (isRoot && formalMembers.has(name)) continue
      let redacted: unknown = value
      if (typeof value === 'string') {
        // A path is only made where there is something to note.
        if (this.#judge.mayHold(value))
          redacted = this.#redactField(name, value, `${path}/${escapePointerToken(name)}`, out)
      } else if (typeof value === 'object' && value !== null)
        redacted =
          isRoot && name === 'attributes'
            ? this.#redactAttributes(value, out)
            : this.#redactMembers(value as Record<string, unknown>, `${path}/${escapePointerToken(name)}`, out)
      if (redacted === value) continue
      copy ??= copyOf(object)
      Object.defineProperty(copy, name, { value: redacted, writable: true, enumerable: true, configurable: true })
    }
    return copy ?? object
  }

  #redactAttributes(attributes: object, out: Redaction[]): object {
    const members: [string, unknown][] = []
    const names = new Set(Object.keys(attributes))
    let changed = false
    for (const [name, value] of Object.entries(attributes)) {
      const shown = this.#redactAttributeName(name, names, out)
      names.add(shown)
      const redacted = this.#redactAttribute(shown, value, out)
      changed ||= shown !== name || redacted !== value
      members.push([shown, redacted])
    }
    return changed ? Object.fromEntries(members) : attributes
  }

  /** The name of an attribute is `[a-z0-9_]`, so it cannot hold a marker. */
  #redactAttributeName(name: string, names: ReadonlySet<string>, out: Redaction[]): string {
    const noted: Redaction[] = []
    if (!this.#judge.mayHold(name) || this.#judge.redactString(name, '', noted) === name) return name
    const rule = noted[0]?.rule ?? 'secret'
    const base = `redacted_${rule.replaceAll('-', '_')}`
    let shown = base
    for (let count = 2; names.has(shown); count++) shown = `${base}_${count}`
    record(out, `/attributes/${shown}`, rule)
    return shown
  }

  #redactAttribute(name: string, value: unknown, out: Redaction[]): unknown {
    const path = `/attributes/${escapePointerToken(name)}`
    const marker = this.#judge.redactAttribute(name, value, path, out)
    if (marker !== undefined) return marker
    if (typeof value === 'number') return this.#judge.redactValue(value, path, out)
    if (typeof value !== 'string') return value
    const noted: Redaction[] = []
    const redacted = this.#judge.redactString(value, path, noted)
    out.push(...noted)
    const max = Math.max(value.length, limits.attributeStringCodePointsMax)
    return redacted.length <= max ? redacted : toMarker(noted[0]?.rule ?? 'secret')
  }

  /** One string of the envelope, so that it still fits where it stood. */
  #redactField(name: string, text: string, path: string, out: Redaction[]): string {
    const noted: Redaction[] = []
    const isId = idPattern.test(text)
    const redacted = isId ? this.#judge.redactId(text, path, noted) : this.#judge.redactString(text, path, noted)
    if (redacted === text) return text
    out.push(...noted)
    const rule = noted[0]?.rule ?? 'secret'
    if (codeMembers.has(name) && codePattern.test(text)) return `redacted.${rule.replaceAll('-', '_')}`
    if (!isId) return redacted.length <= Math.max(text.length, limits.idCharactersMax) ? redacted : toMarker(rule)
    // Two ids stay two when what was removed cannot be guessed from 32 bits.
    const isRandom = noted.every((one) => this.#randomRules.has(one.rule))
    const tail = isRandom ? `~${fingerprintOf(text)}` : ''
    return idPattern.test(redacted + tail) ? redacted + tail : toMarker(rule) + tail
  }
}

function copyOf(object: object): Record<string, unknown> {
  // Arrays of the envelope hold objects; a changed element makes a new array.
  return (Array.isArray(object) ? [...object] : { ...object }) as Record<string, unknown>
}
