import { escapePointerToken } from '../json/json-pointer.ts'
import { JsonNumber, RawJson, type JsonObject, type JsonValue } from '../json/json-value.ts'
import { cloudRules } from './cloud-rules.ts'
import { developerRules } from './developer-rules.ts'
import { EnvelopeRedactor, type EnvelopeJudge } from './envelope-redactor.ts'
import { editJsonText, makeUnique, type JsonTextJudge, type NamedItem } from './json-text.ts'
import { KeyJudge } from './key-judge.ts'
import { keyRules } from './key-rules.ts'
import { isNamedItem, isNameMember, isValueMember, namesIn } from './named-value.ts'
import { holdsJson } from './nested-json.ts'
import { holdsNamedItem, isOpaque, payloadRules } from './payload-rules.ts'
import { record, toMarker, type Redaction } from './redaction.ts'
import type { KeyRule, TextRule } from './rule.ts'
import { isRemovable } from './secret-value.ts'
import { serviceRules } from './service-rules.ts'
import { joinOverlaps, TextMatcher, type TextMatch } from './text-matcher.ts'
import { TextPairs } from './text-pairs.ts'
import { textRules } from './text-rules.ts'

/** Rules for secrets that are random: of such a one 32 bits may be shown. */
const randomRules: readonly TextRule[] = [...cloudRules, ...developerRules, ...serviceRules]

/** All rules for running text, in order of precedence. */
export const defaultTextRules: readonly TextRule[] = [...randomRules, ...textRules]

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

/** A removed part may show a secret that it hid: so often a text is looked at again. */
const passesMax = 6

/** The shortest texts that can hold anything. */
const textCharactersMin = 7

/** Names of members that are remembered, and how long each may be. */
const namesMax = 4_096
const nameCharactersMax = 64

/** A number that may be written in a longer way than as an integer. */
const integerPattern = /^-?([0-9]{14,19})(?:\.0{1,20})?(?:[eE][+-]?0{1,20})?$/

/** Makes a redactor; making one compiles the rules, so keep it. */
export function createRedactor(options: RedactorOptions = {}): Redactor {
  const disabled = new Set(options.disabled)
  const rules = [...(options.extraRules ?? []), ...defaultTextRules].filter((rule) => !disabled.has(rule.id))
  const extraKeys: KeyRule[] = [
    { id: 'key-custom', description: 'Names added by the operator', names: options.extraKeys ?? [] },
  ]
  const judge = new KeyJudge([...extraKeys, ...keyRules].filter((rule) => !disabled.has(rule.id)))
  return new RuleRedactor(rules, judge)
}

class RuleRedactor implements Redactor, JsonTextJudge, EnvelopeJudge {
  readonly isSecretKey: (name: string) => boolean
  readonly isNameMember = isNameMember
  readonly isValueMember = isValueMember
  readonly #text: TextMatcher
  readonly #ids: TextMatcher
  readonly #payload: TextMatcher
  readonly #pairs: TextPairs
  readonly #keys: KeyJudge
  readonly #envelope: EnvelopeRedactor
  /** Names that hold nothing: the same few come again and again. */
  readonly #cleanNames = new Set<string>()
  /** Where the walk through a JSON text notes what it removes. */
  #out: Redaction[] = []

  constructor(rules: readonly TextRule[], keys: KeyJudge) {
    this.#keys = keys
    this.#text = new TextMatcher(rules)
    this.#ids = new TextMatcher(rules.map((rule) => ({ ...rule, accepts: rule.acceptsInId ?? rule.accepts })))
    this.#pairs = new TextPairs(keys)
    this.isSecretKey = (name) => keys.find(name) !== undefined
    this.#payload = new TextMatcher([...rules, ...payloadRules(this.isSecretKey)])
    this.#envelope = new EnvelopeRedactor(this, new Set(randomRules.map(({ id }) => id)))
  }

  redactString(text: string, path: string, out: Redaction[]): string {
    return this.#redactString(text, path, out, 0)
  }

  redactId(text: string, path: string, out: Redaction[]): string {
    return this.#redactString(text, path, out, 0, this.#ids)
  }

  redactEnvelope<T extends object>(event: T, out: Redaction[]): T {
    return this.#envelope.redact(event, out)
  }

  redactPayload(raw: RawJson, out: Redaction[], path = '/payload'): string {
    const { text } = raw
    const isClean =
      !raw.isInteresting && !isOpaque(text) && !this.#payload.test(text) && !holdsNamedItem(text, this.isSecretKey)
    return isClean ? text : this.#redactJsonText(text, path, out, 0)
  }

  redactValue(value: JsonValue, path: string, out: Redaction[]): JsonValue {
    if (typeof value === 'string') return this.#redactString(value, path, out, 0)
    if (typeof value === 'number' || value instanceof JsonNumber) {
      if (typeof value === 'number' && Math.abs(value) < 1e13) return value
      const source = typeof value === 'number' ? String(value) : value.source
      const redacted = this.#redactNumber(source, path, out)
      return redacted === source ? value : redacted
    }
    if (typeof value !== 'object' || value === null) return value
    if (value instanceof RawJson) {
      const text = this.redactPayload(value, out, path)
      return text === value.text ? value : new RawJson(text, value.hasEscape, value.isInteresting)
    }
    return Array.isArray(value) ? this.#redactArray(value, path, out) : this.#redactObject(value, path, out)
  }

  redactAttribute(name: string, value: unknown, path: string, out: Redaction[]): string | undefined {
    this.#out = out
    return this.redactMember(name, name, () => value, path)
  }

  mayHold(text: string): boolean {
    if (text.length < textCharactersMin) return false
    return text.includes('"') || text.includes("'") || this.#text.test(text)
  }

  redactName(name: string, path: string): string {
    if (name.length < textCharactersMin || this.#cleanNames.has(name)) return name
    const shown = this.#redactText(name, path, this.#out)
    if (shown === name && name.length <= nameCharactersMax) {
      if (this.#cleanNames.size >= namesMax) this.#cleanNames.clear()
      this.#cleanNames.add(name)
    }
    return shown
  }

  redactMember(name: string, shown: string, value: () => unknown, path: string): string | undefined {
    const rule = this.#keys.find(name) ?? (shown === name ? undefined : this.#keys.find(shown))
    if (rule === undefined || !isRemovable(rule, value())) return undefined
    record(this.#out, path, rule.id)
    return toMarker(rule.id)
  }

  redactNamed(names: readonly string[], value: () => unknown, path: string): string | undefined {
    for (const name of names) {
      const marker = this.redactMember(name, this.#redactText(name, '', []), value, path)
      if (marker !== undefined) return marker
    }
    return undefined
  }

  redactItem(item: NamedItem, path: string): string | undefined {
    if (!this.isSecretKey(item.name) || !isNamedItem(item, path)) return undefined
    return this.redactMember(item.name, item.name, () => item.value, path)
  }

  editString(text: string, path: string, depth: number): string {
    return this.#redactString(text, path, this.#out, depth + 1)
  }

  editNumber(source: string, path: string): string {
    return this.#redactNumber(source, path, this.#out)
  }

  #redactNumber(source: string, path: string, out: Redaction[]): string {
    const integer = integerPattern.exec(source)?.[1]
    if (integer === undefined) return this.#redactText(source, path, out)
    const redacted = this.#redactText(integer, path, out)
    return redacted === integer ? source : redacted
  }

  #redactArray(array: JsonValue[], path: string, out: Redaction[]): JsonValue[] {
    let copy: JsonValue[] | undefined
    for (const [index, item] of array.entries()) {
      const place = `${path}/${index}`
      const name = array[index - 1]
      this.#out = out
      const marker =
        typeof item === 'string' && typeof name === 'string'
          ? this.redactItem({ name, value: item, index, isLast: () => index === array.length - 1 }, place)
          : undefined
      const redacted = marker ?? this.redactValue(item, place, out)
      if (redacted === item) continue
      copy ??= [...array]
      copy[index] = redacted
    }
    return copy ?? array
  }

  #redactObject(object: JsonObject, path: string, out: Redaction[]): JsonObject {
    const members: [string, JsonValue][] = []
    let names: Set<string> | undefined
    let changed = false
    const naming = namesIn(object)
    for (const [name, value] of Object.entries(object)) {
      this.#out = out
      let shown = this.redactName(name, path)
      if (shown !== name) {
        names ??= new Set(Object.keys(object))
        shown = makeUnique(shown, names)
        names.add(shown)
      }
      const place = `${path}/${escapePointerToken(shown)}`
      let marker = this.redactMember(name, shown, () => value, place)
      if (naming.length > 0 && isValueMember(name)) marker ??= this.redactNamed(naming, () => value, place)
      const redacted = marker ?? this.redactValue(value, place, out)
      changed ||= redacted !== value || shown !== name
      members.push([shown, redacted])
    }
    // fromEntries defines own properties, so that __proto__ stays harmless.
    return changed ? Object.fromEntries(members) : object
  }

  #redactString(text: string, path: string, out: Redaction[], depth: number, matcher = this.#text): string {
    if (text.length < textCharactersMin) return text
    if (depth <= nestedDepthMax && holdsJson(text)) return this.#redactJsonText(text, path, out, depth, true)
    return this.#redactText(text, path, out, matcher)
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

  #redactText(text: string, path: string, out: Redaction[], matcher = this.#text): string {
    if (!matcher.test(text) && !this.#pairs.test(text)) return text
    let current = text
    for (let pass = 0; pass < passesMax; pass++) {
      const matches = this.#find(current, matcher)
      if (matches.length === 0) return current
      const parts: string[] = []
      let from = 0
      for (const { start, end, rule, quote = '' } of matches) {
        record(out, path, rule.id)
        parts.push(current.slice(from, start), quote, toMarker(rule.id), quote)
        from = end
      }
      parts.push(current.slice(from))
      current = parts.join('')
    }
    const rest = this.#find(current, matcher)[0]
    return rest === undefined ? current : toMarker(rest.rule.id)
  }

  #find(text: string, matcher: TextMatcher): TextMatch[] {
    return joinOverlaps([...matcher.find(text), ...this.#pairs.find(text)])
  }
}
