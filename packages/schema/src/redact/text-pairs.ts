import { placeholderWords, isReference } from './credible.ts'
import type { KeyJudge } from './key-judge.ts'
import type { KeyRule } from './rule.ts'
import { isRemovable } from './secret-value.ts'
import type { TextMatch } from './text-matcher.ts'

/** Longer names and values in text are not looked at, so that no text takes more than linear time. */
const nameCharactersMax = 200
const valueCharactersMax = 16_384

/** What a pair is named that says in its value what the next pair is: `"name": "Authorization", "value": "…"`. */
const nameMembers = new Set(['name', 'key', 'header', 'field'])

/** Comes after all rules for text: where those see the same part, they name it. */
const pairOrder = 1_000_000

/** What stands between the quotes of two neighbours (`a["x"], ":"`) is no name. */
const namePattern = /^[\p{L}\p{M}\p{N}\\_.$@/ -]+$/u

/** White space, also as text inside text writes it. */
const spacePattern = /(?:\s|\\{1,7}[nrt]){0,64}/y
const numberPattern = /-?[0-9][0-9.eE+-]{0,40}(?=[\s,;}\])\\]|$)/y

/** How a name is quoted: the sign, with the backslashes that text inside text has before it. */
interface Quote {
  sign: string
  backslashes: number
}

/** A value in text: where it stands, what it is, and the quote that a marker in its place needs. */
interface PairValue {
  start: number
  end: number
  value: unknown
  quote?: string
}

/**
 * Finds `"name": value` in text that is no JSON as a whole: JSON Lines, JSON in a sentence or a code fence, Python's
 * `{'name': 'value'}`, text that was cut off. The name decides, as it does for members.
 */
export class TextPairs {
  readonly #keys: KeyJudge

  constructor(keys: KeyJudge) {
    this.#keys = keys
  }

  /** Whether a value is to be removed. */
  test(text: string): boolean {
    return this.#scan(text, undefined)
  }

  /** Every value to be removed, in order. */
  find(text: string): TextMatch[] {
    const matches: TextMatch[] = []
    this.#scan(text, matches)
    return matches
  }

  #scan(text: string, matches: TextMatch[] | undefined): boolean {
    let named: KeyRule | undefined
    for (let colon = text.indexOf(':'); colon >= 0; colon = text.indexOf(':', colon + 1)) {
      const pair = nameBefore(text, colon)
      if (pair === undefined) continue
      const { name, quote } = pair
      const rule = this.#keys.find(name) ?? (name.toLowerCase() === 'value' ? named : undefined)
      named = undefined
      const isName = rule === undefined && nameMembers.has(name.toLowerCase())
      if (rule === undefined && !isName) continue
      const found = valueBehind(text, colon + 1, quote)
      if (found === undefined) continue
      if (isName) {
        if (typeof found.value === 'string') named = this.#keys.find(found.value)
        continue
      }
      if (rule === undefined || !isSecret(rule, found.value)) continue
      if (matches === undefined) return true
      matches.push({ ...found, order: pairOrder, rule })
      colon = found.end - 1
    }
    return matches !== undefined && matches.length > 0
  }
}

/** In text a placeholder is an example more often than a secret, and a word behind `cookie` no cookie. */
function isSecret(rule: KeyRule, value: unknown): boolean {
  if (typeof value === 'string') {
    if (isReference(value) || placeholderWords.has(value.toLowerCase())) return false
    if (rule.id === 'key-credentials' && !/[0-9=]/.test(value)) return false
  }
  return typeof value === 'number' && Math.abs(value) < 100 ? false : isRemovable(rule, value)
}

/** The quoted name in front of a colon. */
function nameBefore(text: string, colon: number): { name: string; quote: Quote } | undefined {
  let end = colon - 1
  while (end > 0 && colon - end < 9 && isSpace(text.charCodeAt(end))) end--
  const sign = text.charAt(end)
  if (sign !== '"' && sign !== "'") return undefined
  const backslashes = countBackslashes(text, end)
  const nameEnd = end - backslashes
  const open = text.lastIndexOf(sign, nameEnd - 1)
  if (open < 0 || nameEnd - open > nameCharactersMax || countBackslashes(text, open) !== backslashes) return undefined
  const name = text.slice(open + 1, nameEnd)
  if (!namePattern.test(name) || isChoice(text, open - backslashes)) return undefined
  return { name: name.includes('\\') ? unescape(name) : name, quote: { sign, backslashes } }
}

/** Whether the quoted text is the middle of `condition ? "pass" : "fail"`. */
function isChoice(text: string, open: number): boolean {
  let before = open - 1
  while (before > 0 && open - before < 9 && isSpace(text.charCodeAt(before))) before--
  return text.charAt(before) === '?'
}

function isSpace(c: number): boolean {
  return c === 0x20 || (c >= 0x09 && c <= 0x0d)
}

function countBackslashes(text: string, end: number): number {
  let count = 0
  while (count < 64 && text.charCodeAt(end - 1 - count) === 0x5c) count++
  return count
}

function unescape(name: string): string {
  return name.replaceAll(/\\{1,63}u([0-9a-fA-F]{4})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
}

function valueBehind(text: string, from: number, quote: Quote): PairValue | undefined {
  spacePattern.lastIndex = from
  const start = from + (spacePattern.exec(text)?.[0].length ?? 0)
  const string = stringAt(text, start, quote)
  if (string !== undefined) return string
  const literal = '\\'.repeat(quote.backslashes) + quote.sign
  numberPattern.lastIndex = start
  const number = numberPattern.exec(text)?.[0]
  if (number !== undefined) return { start, end: start + number.length, value: Number(number), quote: literal }
  const first = text.charAt(start)
  if (first !== '{' && first !== '[') return undefined
  const end = bracketEnd(text, start, quote)
  const value = end === undefined ? undefined : parsed(text.slice(start, end), quote)
  return end === undefined || value === undefined ? undefined : { start, end, value, quote: literal }
}

/** A string between quotes as deep as those of the name; `b'…'` and its like are strings too. */
function stringAt(text: string, from: number, { backslashes }: Quote): PairValue | undefined {
  const prefix = /[bruBRU]/.test(text.charAt(from)) ? 1 : 0
  const at = from + prefix + backslashes
  const sign = text.charAt(at)
  if ((sign !== '"' && sign !== "'") || countBackslashes(text, at) !== backslashes) return undefined
  const start = at + 1
  const end = stringEnd(text, start, { sign, backslashes })
  return end > start ? { start, end, value: text.slice(start, end) } : undefined
}

/** Where a string ends; where it is cut off, at the end of its line. */
function stringEnd(text: string, start: number, { sign, backslashes }: Quote): number {
  const last = Math.min(text.length, start + valueCharactersMax)
  for (let i = start; i < last; i++) {
    const c = text.charAt(i)
    if (c === '\n' || c === '\r') return i
    if (c !== sign) continue
    const count = countBackslashes(text, i)
    // One level of quoting doubles the backslashes and adds one; twice that many more are backslashes of the text.
    if (count % (2 * (backslashes + 1)) === backslashes) return i - backslashes
  }
  return last
}

/** Where the bracket that opens here is closed, brackets in strings not counted. */
function bracketEnd(text: string, start: number, quote: Quote): number | undefined {
  const last = Math.min(text.length, start + valueCharactersMax)
  let open = 0
  for (let i = start; i < last; i++) {
    const c = text.charAt(i)
    if (c === quote.sign) i = stringEnd(text, i + 1, quote) + quote.backslashes
    else if (c === '{' || c === '[') open++
    else if (c === '}' || c === ']') {
      open--
      if (open === 0) return i + 1
    }
  }
  return undefined
}

/** An object or array in text, undefined when it is neither JSON nor as Python prints it. */
function parsed(source: string, { sign, backslashes }: Quote): unknown {
  let json = sign === "'" ? toJson(source) : source
  try {
    for (let left = backslashes; left >= 1; left = (left - 1) / 2) json = String(JSON.parse(`"${json}"`))
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

function toJson(python: string): string {
  return python
    .replaceAll("'", '"')
    .replaceAll(/\bNone\b/g, 'null')
    .replaceAll(/\bTrue\b/g, 'true')
    .replaceAll(/\bFalse\b/g, 'false')
}
