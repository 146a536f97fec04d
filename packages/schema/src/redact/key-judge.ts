import type { KeyRule } from './rule.ts'

const remembered = 4_096

/** What a name says about its value stands at its end. */
const tailCharactersMax = 100

/** More words than these are a sentence, as in a list of questions, and no name. */
const wordsMax = 6

/** What redaction itself put into a name says nothing about its value. */
const markersPattern = /\[redacted:[a-z0-9-]{1,40}\]|\[[0-9]+\]$/g

/** What holds these is text, not a name. */
const notInNames = /["\\]/

/** Words behind a name that leave its meaning: `token_value`, `api_key_2`, `secret_key_base`, `password_new`. */
const qualifierPattern = /(?:values?|string|base|plain|plaintext|raw|new|old|current|previous|[0-9]{1,2})$/

interface Suffix {
  text: string
  rule: KeyRule
}

/** Says for a member name which rule makes its value a secret, and remembers the answer. */
export class KeyJudge {
  readonly #exact = new Map<string, KeyRule>()
  readonly #suffixes: Suffix[] = []
  readonly #exceptions: string[] = []
  readonly #answers = new Map<string, KeyRule | undefined>()

  constructor(rules: readonly KeyRule[]) {
    for (const rule of rules) {
      for (const name of rule.names) {
        const text = normalize(name.startsWith('*') ? name.slice(1) : name)
        if (text === '') continue
        if (name.startsWith('*')) this.#suffixes.push({ text, rule })
        else this.#exact.set(text, rule)
      }
      this.#exceptions.push(...(rule.except ?? []).map(normalize))
    }
  }

  /** The rule for a name; case, underscores, hyphens, dots and spaces do not matter. */
  find(name: string): KeyRule | undefined {
    if (name.length < 2) return undefined
    if (name.length > tailCharactersMax) return this.#judgeName(name)
    const known = this.#answers.get(name)
    if (known !== undefined || this.#answers.has(name)) return known
    const answer = this.#judgeName(name)
    if (this.#answers.size >= remembered) this.#answers.clear()
    this.#answers.set(name, answer)
    return answer
  }

  #judgeName(name: string): KeyRule | undefined {
    const shown = name.replaceAll(markersPattern, '')
    const tail = shown.slice(-tailCharactersMax)
    if (notInNames.test(tail) || countWords(tail) > wordsMax) return undefined
    const text = normalize(tail)
    const rule = this.#judge(text)
    if (rule !== undefined) return rule
    const bare = text.replace(qualifierPattern, '')
    if (bare === text) return undefined
    const qualified = this.#judge(bare)
    // Numbered tokens are words of a text or coins of a pair.
    return qualified?.id === 'key-token' && /[0-9]$/.test(text) ? undefined : qualified
  }

  #judge(name: string): KeyRule | undefined {
    if (name === '') return undefined
    const exact = this.#exact.get(name)
    if (exact !== undefined) return exact
    const suffix = this.#suffixes.find(({ text }) => name.endsWith(text))
    if (suffix === undefined || this.#exceptions.some((exception) => name.endsWith(exception))) return undefined
    return suffix.rule
  }
}

/** Letters and digits alone, without case, width and accents: `ＡＰＩ-Key` is `apikey`, `passwörd` is `password`. */
function normalize(name: string): string {
  const plain = /^[\u0020-\u007e]*$/.test(name)
    ? name
    : name.normalize('NFKC').normalize('NFD').replaceAll(/\p{M}/gu, '')
  return plain.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '')
}

function countWords(name: string): number {
  return name.trim().split(/\s+/).length
}
