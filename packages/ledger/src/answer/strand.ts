import type { Answer } from '../report/run.ts'
import { quoteOf, type RunFact } from './run-facts.ts'
import { comparePlaces, placeOf, type RunPlace } from './run-place.ts'
import { Tally } from './tally.ts'

const evidenceMax = 20

/**
 * Events of one kind, of which only so much is kept as an answer says: how many, the first of them as evidence, the first
 * quotation, and the words for each. Takes them in any order and says the same.
 */
export class Strand {
  readonly words = new Tally()
  #count = 0
  readonly #first: (RunPlace & { readonly event_type: string })[] = []
  #quote: { readonly place: RunPlace; readonly text: string } | undefined

  /** @param words what this event adds to the words of the answer */
  add(fact: RunFact, words: readonly string[] = [], options: { quoted: boolean } = { quoted: false }): void {
    const place = placeOf(fact.leaf)
    this.#count += 1
    this.#keepFirst({ ...place, event_type: fact.leaf.event_type })
    for (const word of words) this.words.add(word, place)
    if (!options.quoted || (this.#quote !== undefined && comparePlaces(this.#quote.place, place) < 0)) return
    const text = quoteOf(fact)
    if (text !== undefined) this.#quote = { place, text }
  }

  get count(): number {
    return this.#count
  }

  get quote(): string | undefined {
    return this.#quote?.text
  }

  get evidence(): Answer['evidence'] {
    return this.#first.map(({ event_id, index, event_type }) => ({ event_id, index, event_type }))
  }

  #keepFirst(event: RunPlace & { readonly event_type: string }): void {
    const before = this.#first.findLastIndex((other) => comparePlaces(other, event) < 0)
    if (before + 1 >= evidenceMax) return
    this.#first.splice(before + 1, 0, event)
    if (this.#first.length > evidenceMax) this.#first.pop()
  }
}

/** The evidence of several strands together, in the order of the run. */
export function evidenceOf(...strands: readonly Strand[]): Answer['evidence'] {
  return strands.flatMap(({ evidence }) => evidence).slice(0, evidenceMax)
}
