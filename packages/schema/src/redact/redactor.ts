import { escapePointerToken } from '../json/json-pointer.ts'
import { JsonNumber, RawJson, type JsonObject, type JsonValue } from '../json/json-value.ts'
import { limits } from '../limits.ts'
import { cloudRules } from './cloud-rules.ts'
import { developerRules } from './developer-rules.ts'
import { editJsonText, makeUnique, type JsonTextJudge } from './json-text.ts'
import { KeyJudge } from './key-judge.ts'
import { keyRules } from './key-rules.ts'
import { isMarker, record, toMarker, type Redaction } from './redaction.ts'
import type { KeyRule, TextRule } from './rule.ts'
import { serviceRules } from './service-rules.ts'
import { looksLikeSchema } from './schema-shape.ts'
import { TextMatcher } from './text-matcher.ts'
import { textRules } from './text-rules.ts'

/** All rules for running text, in order of precedence. */
export const defaultTextRules: readonly TextRule[] = [...cloudRules, ...developerRules, ...serviceRules, ...textRules]

export interface RedactorOptions {
  /** More member names whose values are secrets; case and separators do not matter, `*` in front allows words before. */
  extraKeys?: readonly string[]
  /** More rules for running text; they take precedence. */
  extraRules?: readonly TextRule[]
  /** Ids of rules to leave out. */
  disabled?: readonly string[]
}

/** Removes secrets before anything is stored. It keeps no state of what it saw but member names. */
export interface Redactor {
  /** Whether the value of a member of this name is a secret; for `parseJson({ isInteresting })`. */
  readonly isSecretKey: (name: string) => boolean
  /** The text without its secrets; the same text when there are none. JSON inside the text is understood. */
  redactString(text: string, path: string, out: Redaction[]): string
  /** The value without its secrets; the same value, not a copy, when there are none. */
  redactValue(value: JsonValue, path: string, out: Redaction[]): JsonValue
  /** The JSON text of a payload to store: exactly as sent but for what was removed. */
  redactPayload(raw: RawJson, out: Redaction[], path?: string): string
  /**
   * An envelope without its secrets: every string of it but the payload, whose text is for `redactPayload`. Names of
   * members count in `attributes` alone, because all others are ours. Ids stay valid ids, codes valid codes.
   */
  redactEnvelope<T extends object>(event: T, out: Redaction[]): T
}

/** JSON in JSON in JSON …: deeper than this only the rules for text apply. */
const nestedDepthMax = 6

/** Brackets inside one another in such a JSON; the rules for text see to what is deeper. */
const nestedBracketsMax = 500

/** A removed part may show a secret that it hid: so often a text is looked at again. */
const passesMax = 6

/** The shortest texts that can hold anything. */
const textCharactersMin = 7

/** A string of JSON that holds JSON of its own begins like this. */
const nestedStart = /"(?:[ ]|\\[nrt]){0,16}[[{]/

const nameMembers = new Set(['name', 'key', 'header', 'field'])
const valueMember = 'value'

/** `{"name": "Authorization", "value": …}` in the text of a payload. */
const namedSecretPattern = /"(?:name|key|header|field)"\s{0,8}:\s{0,8}"[^"]{2,100}"/

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

/** Makes a redactor; making one compiles the rules, so keep it. */
export function createRedactor(options: RedactorOptions = {}): Redactor {
  const disabled = new Set(options.disabled)
  const textRules = [...(options.extraRules ?? []), ...defaultTextRules].filter((rule) => !disabled.has(rule.id))
  const extraKeys: KeyRule[] = [
    { id: 'key-custom', description: 'Names added by the operator', names: options.extraKeys ?? [] },
  ]
  const judge = new KeyJudge([...extraKeys, ...keyRules].filter((rule) => !disabled.has(rule.id)))
  return new RuleRedactor(textRules, judge)
}

class RuleRedactor implements Redactor, JsonTextJudge {
  readonly isSecretKey: (name: string) => boolean
  readonly #text: TextMatcher
  readonly #payload: TextMatcher
  readonly #keys: KeyJudge
  /** Where the walk through a JSON text notes what it removes. */
  #out: Redaction[] = []

  constructor(textRules: readonly TextRule[], keys: KeyJudge) {
    this.#keys = keys
    this.#text = new TextMatcher(textRules)
    this.isSecretKey = (name) => keys.find(name) !== undefined
    this.#payload = new TextMatcher([
      ...textRules,
      {
        id: 'named',
        description: '',
        source: '',
        anchors: ['"name"', '"key"', '"header"', '"field"'],
        pattern: namedSecretPattern,
        accepts: (match) => this.isSecretKey(match.split('"').at(-2) ?? ''),
      },
    ])
  }

  redactString(text: string, path: string, out: Redaction[]): string {
    return this.#redactString(text, path, out, 0)
  }

  editString(text: string, path: string, depth: number): string {
    return this.#redactString(text, path, this.#out, depth + 1)
  }

  redactName(name: string, path: string): string {
    return name.length < textCharactersMin ? name : this.#redactText(name, path, this.#out)
  }

  showName(name: string): string {
    return this.#redactText(name, '', [])
  }

  redactMember(name: string, shown: string, value: () => unknown, path: string): string | undefined {
    const rule = this.#keys.find(name) ?? (shown === name ? undefined : this.#keys.find(shown))
    if (rule === undefined || !isRemovable(rule, value())) return undefined
    record(this.#out, path, rule.id)
    return toMarker(rule.id)
  }

  isNameMember(name: string): boolean {
    return nameMembers.has(name)
  }

  isValueMember(name: string): boolean {
    return name === valueMember
  }

  redactPayload(raw: RawJson, out: Redaction[], path = '/payload'): string {
    const { text } = raw
    const isClean =
      !raw.isInteresting && !raw.hasEscape && !(raw.hasQuote && nestedStart.test(text)) && !this.#payload.test(text)
    return isClean ? text : this.#redactJsonText(text, path, out, 0)
  }

  redactValue(value: JsonValue, path: string, out: Redaction[]): JsonValue {
    if (typeof value === 'string') return this.#redactString(value, path, out, 0)
    if (typeof value === 'number') {
      if (Math.abs(value) < 1e13) return value
      const text = String(value)
      const redacted = this.#redactText(text, path, out)
      return redacted === text ? value : redacted
    }
    if (typeof value !== 'object' || value === null) return value
    if (value instanceof JsonNumber) {
      const redacted = this.#redactText(value.source, path, out)
      return redacted === value.source ? value : redacted
    }
    if (value instanceof RawJson) {
      const text = this.redactPayload(value, out, path)
      return text === value.text ? value : new RawJson(text, value.hasEscape, value.hasQuote, value.isInteresting)
    }
    return Array.isArray(value) ? this.#redactArray(value, path, out) : this.#redactObject(value, path, out)
  }

  redactEnvelope<T extends object>(event: T, out: Redaction[]): T {
    const changed = this.#redactMembers(event, '', out)
    // The copy has the members of the original; only strings in it differ.
    return changed as T
  }

  #redactArray(array: JsonValue[], path: string, out: Redaction[]): JsonValue[] {
    let copy: JsonValue[] | undefined
    for (const [index, item] of array.entries()) {
      const redacted = this.redactValue(item, `${path}/${index}`, out)
      if (redacted === item) continue
      copy ??= [...array]
      copy[index] = redacted
    }
    return copy ?? array
  }

  #redactObject(object: JsonObject, path: string, out: Redaction[]): JsonObject {
    const members: [string, JsonValue][] = []
    const names = new Set<string>()
    let changed = false
    const named = namedSecret(object)
    this.#out = out
    for (const [name, value] of Object.entries(object)) {
      const shown = this.redactName(name, path)
      const unique = shown === name ? name : makeUnique(shown, names)
      names.add(unique)
      const place = `${path}/${escapePointerToken(unique)}`
      let marker = this.redactMember(name, unique, () => value, place)
      if (named !== undefined && name === valueMember)
        marker ??= this.redactMember(named, this.showName(named), () => value, place)
      const redacted = marker ?? this.redactValue(value, place, out)
      changed ||= redacted !== value || unique !== name
      members.push([unique, redacted])
    }
    // fromEntries defines own properties, so that __proto__ stays harmless.
    return changed ? Object.fromEntries(members) : object
  }

  #redactString(text: string, path: string, out: Redaction[], depth: number): string {
    if (text.length < textCharactersMin) return text
    if (depth <= nestedDepthMax && holdsJson(text)) return this.#redactJsonText(text, path, out, depth, true)
    return this.#redactText(text, path, out)
  }

  /** `asString`: the places inside a string have no pointers of their own; the string stands for them. */
  #redactJsonText(text: string, path: string, out: Redaction[], depth: number, asString = false): string {
    const outer = this.#out
    this.#out = asString ? [] : out
    const edited = editJsonText(text, path, this, this.#out, depth)
    if (asString) for (const { rule } of this.#out) record(out, path, rule)
    this.#out = outer
    return edited
  }

  #redactText(text: string, path: string, out: Redaction[]): string {
    if (!this.#text.test(text)) return text
    let current = text
    for (let pass = 0; pass < passesMax; pass++) {
      const matches = this.#text.find(current)
      if (matches.length === 0) return current
      const parts: string[] = []
      let from = 0
      for (const { start, end, rule } of matches) {
        record(out, path, rule.id)
        parts.push(current.slice(from, start), toMarker(rule.id))
        from = end
      }
      parts.push(current.slice(from))
      current = parts.join('')
    }
    const rest = this.#text.find(current)[0]
    return rest === undefined ? current : toMarker(rest.rule.id)
  }

  /** The members of an envelope object; returns the same object when nothing changed. */
  #redactMembers(object: object, path: string, out: Redaction[]): object {
    let copy: Record<string, unknown> | undefined
    const isRoot = path === ''
    for (const [name, value] of Object.entries(object)) {
      if (isRoot && formalMembers.has(name)) continue
      let redacted: unknown = value
      if (typeof value === 'string') {
        // A path is only made where there is something to note.
        if (this.#mayHold(value)) redacted = this.#redactField(name, value, `${path}/${escapePointerToken(name)}`, out)
      } else if (typeof value === 'object' && value !== null)
        redacted =
          isRoot && name === 'attributes'
            ? this.#redactAttributes(value, out)
            : this.#redactMembers(value, `${path}/${escapePointerToken(name)}`, out)
      if (redacted === value) continue
      copy ??= copyOf(object)
      Object.defineProperty(copy, name, { value: redacted, writable: true, enumerable: true, configurable: true })
    }
    return copy ?? object
  }

  #mayHold(text: string): boolean {
    if (text.length < textCharactersMin) return false
    return text.includes('{') || text.includes('[') || this.#text.test(text)
  }

  #redactAttributes(attributes: object, out: Redaction[]): object {
    const members: [string, unknown][] = []
    const names = new Set<string>()
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
    if (name.length < textCharactersMin || this.#redactText(name, '', noted) === name) return name
    const rule = noted[0]?.rule ?? 'secret'
    const base = `redacted_${rule.replaceAll('-', '_')}`
    let shown = base
    for (let count = 2; names.has(shown); count++) shown = `${base}_${count}`
    record(out, `/attributes/${shown}`, rule)
    return shown
  }

  #redactAttribute(name: string, value: unknown, out: Redaction[]): unknown {
    const path = `/attributes/${escapePointerToken(name)}`
    this.#out = out
    const marker = this.redactMember(name, name, () => value, path)
    if (marker !== undefined) return marker
    if (typeof value === 'string') return this.#redactField('', value, path, out)
    return typeof value === 'number' ? this.redactValue(value, path, out) : value
  }

  /** One string of the envelope, so that it still fits where it stood. */
  #redactField(name: string, text: string, path: string, out: Redaction[]): string {
    const noted: Redaction[] = []
    const redacted = this.#redactString(text, path, noted, 0)
    if (redacted === text) return text
    out.push(...noted)
    const rule = noted[0]?.rule ?? 'secret'
    if (codeMembers.has(name) && codePattern.test(text)) return `redacted.${rule.replaceAll('-', '_')}`
    const fits = idPattern.test(text)
      ? idPattern.test(redacted)
      : redacted.length <=
        Math.max(text.length, name === 'summary' ? limits.summaryCodePointsMax : limits.idCharactersMax)
    return fits ? redacted : toMarker(rule)
  }
}

function copyOf(object: object): Record<string, unknown> {
  // Arrays of the envelope hold objects; a changed element makes a new array.
  return (Array.isArray(object) ? [...object] : { ...object }) as Record<string, unknown>
}

/** Whether a value is what its name promises, and not removed already. */
function isRemovable(rule: KeyRule, value: unknown): boolean {
  if (value === null || typeof value === 'boolean' || value === '') return false
  const kind = rule.values ?? 'any'
  if (typeof value === 'string') {
    if (isMarker(value)) return false
    if (kind === 'digits') return /^[0-9]{3,12}$/.test(value)
    return kind !== 'text' || !/^(?:[A-Za-z]:[\\/]|[~.]{0,2}\/|~$|\.{1,2}$)/.test(value)
  }
  if (typeof value === 'number' || value instanceof JsonNumber) {
    return (
      kind === 'any' ||
      (kind === 'digits' && /^[0-9]{3,12}$/.test(value instanceof JsonNumber ? value.source : String(value)))
    )
  }
  return kind === 'any' && !isEmpty(value) && !looksLikeSchema(value)
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

/** Whether a text may be a JSON object or array with members, and then whether it is. */
function holdsJson(text: string): boolean {
  const first = text.trimStart().charCodeAt(0)
  if ((first !== 0x7b && first !== 0x5b) || !text.includes('"')) return false
  const last = text.trimEnd().at(-1)
  if (last !== (first === 0x7b ? '}' : ']') || isDeep(text)) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Whether brackets stand so deep inside one another that walking them would need too much stack. */
function isDeep(text: string): boolean {
  let open = 0
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === 0x7b || c === 0x5b) open++
    else if (c === 0x7d || c === 0x5d) open--
    if (open > nestedBracketsMax) return true
  }
  return false
}

/** The name in `{"name": "Authorization", "value": …}`: the last one, as in the text of a payload. */
function namedSecret(object: JsonObject): string | undefined {
  let named: string | undefined
  for (const [name, value] of Object.entries(object)) {
    if (nameMembers.has(name)) named = typeof value === 'string' ? value : undefined
  }
  return named
}
