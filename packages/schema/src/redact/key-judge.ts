import type { KeyRule } from './rule.ts'

const remembered = 4_096

/** Longer names are sentences, not names. */
const nameCharactersMax = 100

/** What redaction itself put into a name says nothing about its value. */
const markersPattern = /\[redacted:[a-z0-9-]{1,40}\]|\[[0-9]+\]$/g

/** What holds these is text, not a name. */
const notInNames = /[{}"\\]/

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
    if (name.length < 2 || name.length > nameCharactersMax) return undefined
    const known = this.#answers.get(name)
    if (known !== undefined || this.#answers.has(name)) return known
    const answer = this.#judge(notInNames.test(name) ? '' : normalize(name))
    if (this.#answers.size >= remembered) this.#answers.clear()
    this.#answers.set(name, answer)
    return answer
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

function normalize(name: string): string {
  return name
    .replaceAll(markersPattern, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '')
}
