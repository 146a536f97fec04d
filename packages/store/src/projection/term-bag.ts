import type { Term } from './terms.ts'

/** Up to so many terms are compared one by one; beyond, in a set. */
const comparedTermsMax = 48

/** The different terms of one run or action, in the order in which they were said first. `1` and `"1"` are two values. */
export class TermBag {
  readonly terms: Term[] = []
  #seen: Set<string> | undefined

  add(key: string, value: string | number): void {
    if (this.#seen === undefined) {
      for (const term of this.terms) if (term.value === value && term.key === key) return
      this.terms.push({ key, value })
      if (this.terms.length > comparedTermsMax) this.#seen = new Set(this.terms.map(identityOf))
      return
    }
    const term = { key, value }
    const count = this.#seen.size
    if (this.#seen.add(identityOf(term)).size > count) this.terms.push(term)
  }

  delete(term: Term): void {
    const at = this.terms.findIndex(({ key, value }) => key === term.key && value === term.value)
    if (at === -1) return
    this.terms.splice(at, 1)
    this.#seen?.delete(identityOf(term))
  }
}

function identityOf({ key, value }: Term): string {
  return `${typeof value} ${key}\0${value}`
}
