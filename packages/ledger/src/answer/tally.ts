import { comparePlaces, type RunPlace } from './run-place.ts'

/** How many different words are told apart; a run may name any number of things. */
const differentMax = 10_000

/** Words with how often each was said, in the order in which the run came to them, however the events arrive. */
export class Tally {
  readonly #counts = new Map<string, { count: number; first: RunPlace }>()
  #beyond = 0

  add(word: string, place: RunPlace): void {
    const known = this.#counts.get(word)
    if (known !== undefined) {
      known.count += 1
      if (comparePlaces(place, known.first) < 0) known.first = place
    } else if (this.#counts.size < differentMax) this.#counts.set(word, { count: 1, first: place })
    else this.#beyond += 1
  }

  /** Different words, with how often each was said. */
  get words(): readonly (readonly [word: string, count: number])[] {
    return [...this.#counts]
      .toSorted(([, a], [, b]) => comparePlaces(a.first, b.first))
      .map(([word, { count }]) => [word, count] as const)
  }

  /** How often something was said that is not among the words, because there were too many. */
  get beyond(): number {
    return this.#beyond
  }
}
