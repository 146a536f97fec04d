import type { TextRule } from './rule.ts'

/** A part of a text to remove. */
export interface TextMatch {
  start: number
  end: number
  /** Place of the rule in the list: the lower one names a part that several rules see. */
  order: number
  rule: { readonly id: string }
  /** What must stand on both sides of the marker, where the part had no quotes of its own. */
  quote?: string
}

interface CompiledRule {
  rule: TextRule
  order: number
  pattern: RegExp
}

interface Anchor {
  text: string
  /** Where in the anchor its rarest three characters end. */
  end: number
  compiled: CompiledRule
}

const tableSize = 0x8000

/** Shorter runs of digits are no card numbers. */
const longDigits = /[0-9](?:(?: {1,2}|[.\u00a0\u2009\u202f-])?[0-9]){13}/

/** What shows nothing and may stand inside a secret: soft hyphens, zero-width characters, marks of direction. */
const hiddenCharacter = /[\u00ad\u180e\u200b-\u200f\u2060-\u2064\ufeff]/

/** Below this a text is faster to read by character than to encode. */
const encodedCharactersMin = 40
const encodedCharactersMax = 0x5000

/** A left word boundary that sees through percent-encoding and through escapes of text inside text. */
const wordStart = '(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2}|\\\\[nrtbf]|\\\\u[0-9a-fA-F]{4}))'

/**
 * Finds what the rules remove. One pass over the characters keeps a hash of the last three; only where it says that an
 * anchor may end here is anything compared, and only where an anchor stands does a regular expression run, at that place
 * alone. Text without secrets costs about a nanosecond a character.
 */
export class TextMatcher {
  /** For each hash the place in `buckets`, or 0. */
  readonly #table = new Uint16Array(tableSize)
  readonly #buckets: Anchor[][] = [[]]
  readonly #encoder = new TextEncoder()
  /** At most three bytes a character. */
  readonly #bytes = new Uint8Array(encodedCharactersMax * 3)
  /** Whether all characters of the text that was read last are ASCII; false when nobody counted. */
  #isAscii = false
  /** Rules without an anchor look at long runs of digits. */
  readonly #digitRules: CompiledRule[] = []

  constructor(rules: readonly TextRule[]) {
    for (const [order, rule] of rules.entries()) {
      const flags = rule.pattern.flags.replaceAll(/[gy]/g, '') + (rule.anchors.length === 0 ? 'g' : 'y')
      const source = `${rule.left === 'word' ? wordStart : ''}(?:${rule.pattern.source})`
      const compiled = { rule, order, pattern: new RegExp(source, flags) }
      if (rule.anchors.length === 0) this.#digitRules.push(compiled)
      for (const anchor of rule.anchors) this.#addAnchor(anchor, compiled)
    }
  }

  #addAnchor(anchor: string, compiled: CompiledRule): void {
    const text = Array.from(anchor, (character) => String.fromCharCode(character.charCodeAt(0) | 0x20)).join('')
    if (text.length < 3) throw new RangeError(`The anchor ${JSON.stringify(anchor)} is shorter than three characters`)
    const end = findRarestEnd(text)
    const hash = hashOf(text, end)
    let bucket = this.#table[hash] ?? 0
    if (bucket === 0) {
      bucket = this.#buckets.push([]) - 1
      this.#table[hash] = bucket
    }
    this.#buckets[bucket]?.push({ text, end, compiled })
  }

  /** Whether anything is to be removed. */
  test(text: string): boolean {
    return this.#scan(text, undefined) || (this.#mayHide(text) && this.#scan(withoutHidden(text).text, undefined))
  }

  /** Everything to be removed, in order, without overlaps. */
  find(text: string): TextMatch[] {
    const matches: TextMatch[] = []
    this.#scan(text, matches)
    if (this.#mayHide(text)) this.#findHidden(text, matches)
    return joinOverlaps(matches)
  }

  /** Of the text that was read last. */
  #mayHide(text: string): boolean {
    return !this.#isAscii && hiddenCharacter.test(text)
  }

  /** What is a secret once the characters that show nothing are left out. */
  #findHidden(text: string, matches: TextMatch[]): void {
    const shown = withoutHidden(text)
    const found: TextMatch[] = []
    this.#scan(shown.text, found)
    for (const match of found)
      matches.push({
        ...match,
        start: shown.positions[match.start] ?? text.length,
        end: (shown.positions[match.end - 1] ?? text.length) + 1,
      })
  }

  #scan(text: string, matches: TextMatch[] | undefined): boolean {
    const found = this.#scanAnchors(text, matches)
    if (found && matches === undefined) return true
    const hasDigits = this.#digitRules.length > 0 && longDigits.test(text) && this.#tryDigits(text, matches)
    return found || hasDigits
  }

  /** Bytes are read twice as fast as characters, so text of some length is encoded first. */
  #scanAnchors(text: string, matches: TextMatch[] | undefined): boolean {
    if (text.length < encodedCharactersMin || text.length > encodedCharactersMax)
      return this.#scanCharacters(text, matches)
    const { written } = this.#encoder.encodeInto(text, this.#bytes)
    this.#isAscii = written === text.length
    if (this.#isAscii) return this.#scanBytes(written, text, matches)
    // Anchors are ASCII, so the bytes can tell that there is none, but not where one stands.
    return this.#scanBytes(written, undefined, undefined) && this.#scanCharacters(text, matches)
  }

  #scanBytes(length: number, text: string | undefined, matches: TextMatch[] | undefined): boolean {
    const table = this.#table
    const bytes = this.#bytes
    let found = false
    let hash = 0
    for (let i = 0; i < length; i++) {
      hash = ((hash << 5) ^ ((bytes[i] ?? 0) | 0x20)) & (tableSize - 1)
      const bucket = table[hash] ?? 0
      if (bucket === 0) continue
      if (text === undefined) {
        if (this.#hasAnchor(bucket, i, length)) return true
      } else if (this.#tryBucket(bucket, text, i, matches)) {
        if (matches === undefined) return true
        found = true
      }
    }
    return found
  }

  #scanCharacters(text: string, matches: TextMatch[] | undefined): boolean {
    const table = this.#table
    const length = text.length
    let found = false
    let hash = 0
    let all = 0
    for (let i = 0; i < length; i++) {
      const c = text.charCodeAt(i)
      all |= c
      hash = ((hash << 5) ^ (c | 0x20)) & (tableSize - 1)
      const bucket = table[hash] ?? 0
      if (bucket !== 0 && this.#tryBucket(bucket, text, i, matches)) {
        if (matches === undefined) return true
        found = true
      }
    }
    this.#isAscii = all < 0x80
    return found
  }

  #hasAnchor(bucket: number, end: number, length: number): boolean {
    return (this.#buckets[bucket] ?? []).some((anchor) => {
      const start = end - anchor.end
      if (start < 0 || start + anchor.text.length > length) return false
      for (let i = 0; i < anchor.text.length; i++) {
        if (((this.#bytes[start + i] ?? 0) | 0x20) !== anchor.text.charCodeAt(i)) return false
      }
      return true
    })
  }

  #tryBucket(bucket: number, text: string, end: number, matches: TextMatch[] | undefined): boolean {
    let found = false
    for (const anchor of this.#buckets[bucket] ?? []) {
      const start = end - anchor.end
      if (start < 0 || !standsAt(anchor.text, text, start)) continue
      const match = matchAt(anchor.compiled, text, start - (anchor.compiled.rule.before ?? 0))
      if (match === undefined) continue
      if (matches === undefined) return true
      matches.push(match)
      found = true
    }
    return found
  }

  #tryDigits(text: string, matches: TextMatch[] | undefined): boolean {
    let found = false
    for (const compiled of this.#digitRules) {
      const { pattern, rule, order } = compiled
      pattern.lastIndex = 0
      for (let result = pattern.exec(text); result !== null; result = pattern.exec(text)) {
        const [whole] = result
        if (rule.accepts?.(whole, whole) === false) {
          // What was refused may begin too early.
          pattern.lastIndex = result.index + 1
          continue
        }
        if (matches === undefined) return true
        found = true
        matches.push({ start: result.index, end: result.index + whole.length, order, rule })
      }
    }
    return found
  }
}

function matchAt(compiled: CompiledRule, text: string, start: number): TextMatch | undefined {
  if (start < 0) return undefined
  const { pattern, rule, order } = compiled
  pattern.lastIndex = start
  const result = pattern.exec(text)
  if (result === null) return undefined
  const [whole] = result
  const keep = result.groups?.['keep']?.length ?? 0
  if (whole.length === keep || rule.accepts?.(whole.slice(keep), whole) === false) return undefined
  let end = start + whole.length
  // A bound must not cut a surrogate pair in two.
  if ((text.charCodeAt(end) & 0xfc00) === 0xdc00 && (text.charCodeAt(end - 1) & 0xfc00) === 0xd800) end++
  return { start: start + keep, end, order, rule }
}

/** A text without the characters that show nothing, and where each of the others stood. */
function withoutHidden(text: string): { text: string; positions: number[] } {
  const positions: number[] = []
  let shown = ''
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i)
    if (hiddenCharacter.test(c)) continue
    positions.push(i)
    shown += c
  }
  return { text: shown, positions }
}

function standsAt(anchor: string, text: string, start: number): boolean {
  if (start + anchor.length > text.length) return false
  for (let i = 0; i < anchor.length; i++) {
    if ((text.charCodeAt(start + i) | 0x20) !== anchor.charCodeAt(i)) return false
  }
  return true
}

function hashOf(text: string, end: number): number {
  let hash = 0
  for (let i = end - 2; i <= end; i++) hash = ((hash << 5) ^ text.charCodeAt(i)) & (tableSize - 1)
  return hash
}

/** Digits and signs are rarer in text than letters, and some letters than others. */
function findRarestEnd(text: string): number {
  let best = 2
  let bestScore = -1
  for (let end = 2; end < text.length; end++) {
    let score = 0
    for (let i = end - 2; i <= end; i++) {
      const c = text.charAt(i)
      score += /[a-z]/.test(c) ? ('jqxzkvwybp'.includes(c) ? 2 : 'etaoinsrhl'.includes(c) ? 0 : 1) : c === ' ' ? 0 : 3
    }
    if (score > bestScore) {
      bestScore = score
      best = end
    }
  }
  return best
}

/** Parts that overlap become one, so that no end of a secret is left standing; the first rule of the list names it. */
export function joinOverlaps(matches: TextMatch[]): TextMatch[] {
  if (matches.length < 2) return matches
  const joined: TextMatch[] = []
  for (const match of matches.sort((a, b) => a.start - b.start || a.order - b.order)) {
    const last = joined.at(-1)
    if (last === undefined || match.start >= last.end) {
      joined.push({ ...match })
      continue
    }
    if (match.start !== last.start || match.end !== last.end) delete last.quote
    else if (match.quote !== undefined) last.quote = match.quote
    last.end = Math.max(last.end, match.end)
    if (match.order < last.order) {
      last.order = match.order
      last.rule = match.rule
    }
  }
  return joined
}
