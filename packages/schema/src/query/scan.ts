import type { Problem, Span } from './ast.ts'

/** What the text consists of, before any key is looked up. Every token keeps its place in the text as typed. */
export type Token =
  | (Span & { readonly kind: 'open' | 'close' | 'not' | 'and' | 'or' })
  | (Span & { readonly kind: 'word'; readonly value: string })
  | (Span & { readonly kind: 'phrase'; readonly value: string; readonly closed: boolean })
  | (Span & { readonly kind: 'filter'; readonly key: string; readonly keyEnd: number; readonly atoms: readonly Atom[] })

/**
 * One value of a filter as typed. `quoted` ones stand for themselves; `star` is the `*` behind a closing quote;
 * `junk` marks what can be no value at all: text right behind a closing quote, a quote within a word, a parenthesis.
 */
export interface Atom extends Span {
  readonly value: string
  readonly quoted: boolean
  readonly closed: boolean
  readonly star: boolean
  readonly junk?: 'after_quote' | 'group'
}

const space = /[\s\p{Cc}\u200b\u2060\ufeff]/u
/** Typographic double quotes, as phones and word processors write them. */
const curlyQuote = /[“”„‟＂]/u
const anyQuote = /["“”„‟＂]/u
const keyBeforeColon = /[\p{L}_][\p{L}\p{N}\p{M}_.-]*:/uy
const connectives: ReadonlyMap<string, 'not' | 'and' | 'or'> = new Map([
  ['NOT', 'not'],
  ['AND', 'and'],
  ['OR', 'or'],
])

/**
 * A value as it is compared: well-formed, in Unicode normal form C, control characters as spaces, curly quotes straight.
 * Doing it twice changes nothing.
 */
export function cleanValue(raw: string): string {
  return raw
    .toWellFormed()
    .normalize('NFC')
    .replace(/\p{Cc}/gu, ' ')
    .replace(/[“”„‟＂]/gu, '"')
}

/** Splits any string into tokens. Never throws; what is wrong with quotes is added to `problems`. */
export function scanQuery(text: string, problems: Problem[]): Token[] {
  return new Scanner(text, problems).scan()
}

class Scanner {
  readonly #text: string
  readonly #problems: Problem[]
  readonly #lastStraightQuote: number
  #at = 0

  constructor(text: string, problems: Problem[]) {
    this.#text = text
    this.#problems = problems
    this.#lastStraightQuote = text.lastIndexOf('"')
  }

  scan(): Token[] {
    const tokens: Token[] = []
    for (;;) {
      while (this.#is(space)) this.#at++
      if (this.#at >= this.#text.length) return tokens
      tokens.push(this.#token())
    }
  }

  #is(pattern: RegExp): boolean {
    const character = this.#text[this.#at]
    return character !== undefined && pattern.test(character)
  }

  #token(): Token {
    const start = this.#at
    const character = this.#text[start]
    if (character === '(' || character === ')' || character === '-' || character === '!') {
      this.#at++
      return { kind: character === '(' ? 'open' : character === ')' ? 'close' : 'not', start, end: this.#at }
    }
    if (this.#is(anyQuote)) {
      const { value, closed } = this.#quoted()
      return { kind: 'phrase', value, closed, start, end: this.#at }
    }
    keyBeforeColon.lastIndex = start
    if (keyBeforeColon.test(this.#text)) return this.#filter(start, keyBeforeColon.lastIndex)
    this.#bare(false)
    const raw = this.#text.slice(start, this.#at)
    const connective = connectives.get(raw)
    if (connective !== undefined) return { kind: connective, start, end: this.#at }
    return { kind: 'word', value: cleanValue(raw), start, end: this.#at }
  }

  #filter(start: number, afterColon: number): Token {
    this.#at = afterColon
    const atoms: Atom[] = [this.#atom()]
    while (this.#text[this.#at] === ',') {
      this.#at++
      atoms.push(this.#atom())
    }
    return {
      kind: 'filter',
      key: this.#text.slice(start, afterColon - 1),
      keyEnd: afterColon - 1,
      atoms,
      start,
      end: this.#at,
    }
  }

  #atom(): Atom {
    const start = this.#at
    let quoted = false
    let closed = true
    let star = false
    let value = ''
    let junk: Atom['junk']
    if (this.#text[start] === '(') {
      junk = 'group'
      this.#skipGroup()
    } else if (this.#is(anyQuote)) {
      quoted = true
      ;({ value, closed } = this.#quoted())
      if (this.#text[this.#at] === '*') {
        star = true
        this.#at++
      }
    } else {
      this.#bare(true)
      value = cleanValue(this.#text.slice(start, this.#at))
    }
    if (this.#skipJunk()) junk ??= 'after_quote'
    return { value, quoted, closed, star, start, end: this.#at, ...(junk && { junk }) }
  }

  /** Moves behind a bare word. Parentheses that are balanced within it belong to it: `f(x)`. */
  #bare(stopAtComma: boolean): void {
    const start = this.#at
    let open = 0
    for (; this.#at < this.#text.length; this.#at++) {
      if (this.#is(space) || this.#is(anyQuote)) return
      const character = this.#text[this.#at]
      if (character === ',' && stopAtComma) return
      if (character === '(') {
        if (connectives.has(this.#text.slice(start, this.#at))) return
        open++
      }
      if (character === ')' && --open < 0) return
    }
  }

  /** Moves behind a quoted string, or to the end of the text when it is never closed. */
  #quoted(): { value: string; closed: boolean } {
    const start = this.#at
    // A string that starts with a straight quote may hold curly ones, unless no straight one is left to close it.
    const straightOnly = this.#text[start] === '"' && this.#lastStraightQuote > start
    let raw = ''
    for (this.#at++; this.#at < this.#text.length; this.#at++) {
      const character = this.#text[this.#at] ?? ''
      const next = this.#text[this.#at + 1] ?? ''
      if (character === '\\' && (next === '\\' || anyQuote.test(next))) {
        raw += next
        this.#at++
      } else if (character === '"' || (!straightOnly && curlyQuote.test(character))) {
        this.#at++
        return { value: cleanValue(raw), closed: true }
      } else {
        raw += character
      }
    }
    const end = this.#at
    this.#problems.push({
      code: 'unclosed_quote',
      message: 'This quote is never closed.',
      start,
      end,
      fix: {
        label: 'Close the quote',
        start: end,
        end,
        replacement: /(?<!\\)(?:\\\\)*\\$/u.test(this.#text.slice(start)) ? '\\"' : '"',
      },
    })
    return { value: cleanValue(raw), closed: false }
  }

  /** Moves to the end of what directly follows a value, so that half of a mistake is never read as a search term. */
  #skipJunk(): boolean {
    const start = this.#at
    while (
      this.#at < this.#text.length &&
      !this.#is(space) &&
      this.#text[this.#at] !== ',' &&
      this.#text[this.#at] !== ')'
    ) {
      if (this.#is(anyQuote)) this.#quoted()
      else this.#at++
    }
    return this.#at > start
  }

  #skipGroup(): void {
    let open = 0
    while (this.#at < this.#text.length) {
      if (this.#is(anyQuote)) {
        this.#quoted()
        continue
      }
      const character = this.#text[this.#at]
      this.#at++
      if (character === '(') open++
      if (character === ')' && --open === 0) return
    }
  }
}
