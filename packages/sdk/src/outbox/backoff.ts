const retryMsMin = 50
const retryMsMax = 15_000
/** For what an operator must mend: nobody gains from asking more often. */
const slowRetryMs = 30_000
/** Somebody who waits makes us ask at once, but not more often than this. */
const askedRetryMs = 1_000

/** When delivery tries again. Its timers never keep the process. */
export class Backoff {
  readonly #hasWork: () => boolean
  #failures = 0
  #isAsked = false
  #isStopped = false
  #wake: (() => void) | undefined

  constructor(hasWork: () => boolean) {
    this.#hasWork = hasWork
  }

  get isStopped(): boolean {
    return this.#isStopped
  }

  /** It worked. */
  reset(): void {
    this.#failures = 0
    this.#isAsked = false
  }

  nudge(isAsked: boolean): void {
    if (isAsked) this.#isAsked = true
    this.#wake?.()
  }

  stop(): void {
    this.#isStopped = true
    this.#wake?.()
  }

  async untilWork(): Promise<void> {
    while (!this.#isStopped && !this.#hasWork()) await this.#sleep(undefined)
  }

  /** @param wishMs how long the server itself wants to be left alone; then nobody's waiting shortens it */
  afterFailure(wishMs: number | undefined): Promise<void> {
    this.#failures += 1
    const backoffMs = Math.min(retryMsMax, retryMsMin * 2 ** Math.min(this.#failures - 1, 10))
    // Spread out, so that many agents do not come back at the same moment.
    const spreadMs = backoffMs * (0.5 + Math.random() / 2)
    return wishMs === undefined
      ? this.#for(spreadMs, Math.min(spreadMs, askedRetryMs))
      : this.#for(Math.max(spreadMs, wishMs), Math.max(spreadMs, wishMs))
  }

  slowly(): Promise<void> {
    this.#failures += 1
    return this.#for(slowRetryMs, askedRetryMs)
  }

  async #for(ms: number, askedMs: number): Promise<void> {
    this.#isAsked = false
    const startedMs = performance.now()
    for (;;) {
      const leftMs = (this.#isAsked ? askedMs : ms) - (performance.now() - startedMs)
      if (this.#isStopped || leftMs <= 0) return
      await this.#sleep(leftMs)
    }
  }

  /** Until it is time, or something has happened. */
  #sleep(ms: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(() => this.#wake?.(), ms)
      timer?.unref()
      this.#wake = () => {
        clearTimeout(timer)
        this.#wake = undefined
        resolve()
      }
    })
  }
}
