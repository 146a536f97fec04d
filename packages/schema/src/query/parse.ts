import { queryLimits } from './ast.ts'
import type { Fix, Problem, ProblemCode, Query, Span } from './ast.ts'
import { checkDirectives } from './directives.ts'
import { readFilter } from './filter.ts'
import type { AttributeKeys } from './filter.ts'
import { formatQuery } from './format.ts'
import { allOf, anyOf, emptyQuery, noneOf } from './normalize.ts'
import { isBareText, quoteValue } from './quote.ts'
import { scanQuery } from './scan.ts'
import type { Token } from './scan.ts'

export interface ParseOptions {
  /** The integrator's own keys; without it, every key that is not built in is a problem. */
  readonly attributeKeys?: AttributeKeys
}

export interface ParsedQuery {
  /** What could be understood, in normal form. Run it only when there are no problems: what is missing may widen it. */
  readonly ast: Query
  /** In the order of their places. */
  readonly problems: Problem[]
}

/** Below this length no canonical form can exceed the limit: the longest growth is that of `by:` and of Unicode composition. */
const surelyShortCodeUnits = Math.floor(queryLimits.textCodeUnitsMax / 4)

/** Reads any string as a query. Never throws: what is wrong stands in `problems`, the rest in `ast`. */
export function parseQuery(text: string, options: ParseOptions = {}): ParsedQuery {
  const problems: Problem[] = []
  if (text.length > queryLimits.textCodeUnitsMax) return tooLong(text)
  const ast = new Parser(text, scanQuery(text, problems), problems, options.attributeKeys).parse()
  checkDirectives(ast, problems)
  if (text.length > surelyShortCodeUnits && formatQuery(ast).length > queryLimits.textCodeUnitsMax) return tooLong(text)
  return { ast, problems: problems.sort((a, b) => a.start - b.start || a.end - b.end) }
}

function tooLong(text: string): ParsedQuery {
  const message = `A query has at most ${queryLimits.textCodeUnitsMax} characters.`
  return { ast: emptyQuery, problems: [{ code: 'too_long', message, start: 0, end: text.length }] }
}

class Parser {
  readonly #text: string
  readonly #tokens: readonly Token[]
  readonly #problems: Problem[]
  readonly #attributeKeys: AttributeKeys | undefined
  #at = 0
  #terms = 0

  constructor(text: string, tokens: readonly Token[], problems: Problem[], attributeKeys: AttributeKeys | undefined) {
    this.#text = text
    this.#tokens = tokens
    this.#problems = problems
    this.#attributeKeys = attributeKeys
  }

  parse(): Query {
    return this.#or(0) ?? emptyQuery
  }

  #or(depth: number): Query | undefined {
    const children: Query[] = []
    const start = this.#tokens[this.#at]?.start ?? 0
    let pendingOr: Token | undefined
    for (;;) {
      const before = this.#at
      const child = this.#and(depth)
      if (child) children.push(child)
      const empty = this.#at === before
      if (empty && pendingOr) this.#missingOperand(pendingOr)
      const token = this.#tokens[this.#at]
      if (token?.kind !== 'or') break
      if (empty && !pendingOr) this.#missingOperand(token)
      pendingOr = token
      this.#at++
    }
    return children.length === 0 ? undefined : anyOf(children, { start, end: this.#endOfLast() })
  }

  #and(depth: number): Query | undefined {
    const children: Query[] = []
    const start = this.#tokens[this.#at]?.start ?? 0
    let operandBefore = false
    for (;;) {
      const token = this.#tokens[this.#at]
      if (token === undefined || token.kind === 'or' || (token.kind === 'close' && depth > 0)) break
      if (token.kind === 'close') {
        this.#report('unexpected_paren', 'This parenthesis closes nothing.', token, this.#removal(token))
        this.#at++
      } else if (token.kind === 'and') {
        this.#at++
        if (!operandBefore || !this.#operandFollows()) this.#missingOperand(token)
      } else {
        operandBefore = true
        const child = this.#unary(depth)
        if (child) children.push(child)
      }
    }
    return children.length === 0 ? undefined : allOf(children, { start, end: this.#endOfLast() })
  }

  #operandFollows(): boolean {
    const kind = this.#tokens[this.#at]?.kind
    return kind !== undefined && kind !== 'and' && kind !== 'or' && kind !== 'close'
  }

  #unary(depth: number): Query | undefined {
    const start = this.#tokens[this.#at]?.start ?? 0
    let negated = false
    for (let token = this.#tokens[this.#at]; token?.kind === 'not'; token = this.#tokens[this.#at]) {
      this.#at++
      const sign = token.end - token.start === 1
      if (!this.#operandFollows() || (sign && this.#tokens[this.#at]?.start !== token.end)) {
        this.#report('missing_term', 'What is to be excluded must follow without a space.', token, this.#removal(token))
        return undefined
      }
      negated = !negated
    }
    const child = this.#primary(depth)
    return child && negated ? noneOf(child, { start, end: this.#endOfLast() }) : child
  }

  #primary(depth: number): Query | undefined {
    const token = this.#tokens[this.#at]
    this.#at++
    switch (token?.kind) {
      case 'open':
        return this.#group(token, depth)
      case 'word':
        return this.#word(token, token.value)
      case 'phrase':
        return this.#phrase(token)
      case 'filter':
        if (!this.#countTerms(token.atoms.length, token)) return undefined
        return readFilter(token, this.#text, this.#attributeKeys, this.#problems)
      default:
        return undefined
    }
  }

  #group(open: Token, depth: number): Query | undefined {
    if (depth === queryLimits.depthMax) {
      this.#skipGroup(open)
      return undefined
    }
    const before = this.#at
    const inner = this.#or(depth + 1)
    const close = this.#tokens[this.#at]
    if (close === undefined) {
      const end = this.#text.length
      // Behind an open quote a parenthesis would only be part of the quoted text: the quote is to be closed first.
      const quoteOpen = this.#problems.some(({ code }) => code === 'unclosed_quote')
      const fix = quoteOpen ? undefined : { label: 'Close the parenthesis', start: end, end, replacement: ')' }
      this.#report('unclosed_paren', 'This parenthesis is never closed.', open, fix)
      return inner
    }
    if (this.#at === before) {
      const place = { start: open.start, end: close.end }
      this.#report('empty_group', 'There is nothing between these parentheses.', place, this.#removal(place))
    }
    this.#at++
    return inner
  }

  #skipGroup(open: Token): void {
    for (let level = 1; level > 0 && this.#at < this.#tokens.length; this.#at++) {
      const kind = this.#tokens[this.#at]?.kind
      if (kind === 'open') level++
      if (kind === 'close') level--
    }
    const message = `Parentheses may stand within each other at most ${queryLimits.depthMax} deep.`
    this.#report('too_deep', message, { start: open.start, end: this.#endOfLast() })
  }

  #word(token: Token, value: string): Query | undefined {
    if (!this.#countTerms(1, token)) return undefined
    const quoteFix = {
      label: 'Search for it as text',
      start: token.start,
      end: token.end,
      replacement: quoteValue(value),
    }
    if (value.startsWith(':')) {
      this.#report('missing_key', 'A key is missing before this colon.', token, quoteFix)
      return undefined
    }
    if (value.includes('*')) {
      const message =
        'Words of the text are found as they are: * can only end the value of a key, as in action:refund.*.'
      this.#report('bad_value', message, token, quoteFix)
      return undefined
    }
    // What has punctuation inside is several words to a text index, and they belong next to each other.
    return { kind: 'text', value, phrase: !isBareText(value), span: { start: token.start, end: token.end } }
  }

  #phrase(token: Token & { kind: 'phrase' }): Query | undefined {
    if (!this.#countTerms(1, token)) return undefined
    if (token.value.trim() !== '') {
      return { kind: 'text', value: token.value, phrase: true, span: { start: token.start, end: token.end } }
    }
    this.#report('missing_value', 'There is nothing between these quotes.', token, this.#removal(token))
    return undefined
  }

  #countTerms(count: number, place: Span): boolean {
    const fitted = this.#terms + count <= queryLimits.termsMax
    if (!fitted && this.#terms <= queryLimits.termsMax) {
      this.#report('too_many_terms', `A query has at most ${queryLimits.termsMax} words and values.`, {
        start: place.start,
        end: this.#text.length,
      })
    }
    // Once over, everything after is left out too: a later, shorter term must not slip in.
    this.#terms = fitted ? this.#terms + count : Number.POSITIVE_INFINITY
    return fitted
  }

  #missingOperand(token: Token): void {
    const word = token.kind.toUpperCase()
    this.#report('missing_term', `${word} stands between two terms.`, token, this.#removal(token))
  }

  #removal({ start, end }: Span): Fix {
    return { label: 'Remove it', start, end, replacement: '' }
  }

  #endOfLast(): number {
    return this.#tokens[this.#at - 1]?.end ?? 0
  }

  #report(code: ProblemCode, message: string, { start, end }: Span, fix?: Fix): void {
    this.#problems.push({ code, message, start, end, ...(fix && { fix }) })
  }
}
