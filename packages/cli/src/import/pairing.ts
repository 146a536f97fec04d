/** A call that waits for its result. */
export interface PendingCall {
  readonly callId: string | undefined
  readonly name: string
  readonly by: 'agent' | 'user'
}

export interface ResultKey {
  readonly callId: string | undefined
  readonly name: string | undefined
  /** Who had called, when the source says so. */
  readonly by: 'agent' | 'user' | undefined
}

/**
 * Finds the call that a result belongs to: by order within the run. An id only chooses among the calls that are open
 * at that moment, since real transcripts give the same id to different calls.
 */
export class Pairing<T extends PendingCall> {
  #open: T[] = []
  #closed: T[] = []

  get openCount(): number {
    return this.#open.length
  }

  add(call: T): void {
    this.#open.push(call)
  }

  /** The open call that the result answers, or a closed one whose answer comes late; it is open no longer. */
  take(result: ResultKey): T | undefined {
    const candidates = this.#open.filter((call) => result.by === undefined || call.by === result.by)
    const byId = candidates.find((call) => result.callId !== undefined && call.callId === result.callId)
    if (byId !== undefined) return this.#remove(byId)
    const late = this.#closed.findLast(
      (call) => result.callId !== undefined && call.callId === result.callId && fitsName(call, result),
    )
    if (late !== undefined) {
      this.#closed = this.#closed.filter((call) => call !== late)
      return late
    }
    // Sources spell names in more than one way; the order counts even then.
    const byOrder = candidates.find((call) => fitsName(call, result)) ?? candidates[0]
    return byOrder === undefined ? undefined : this.#remove(byOrder)
  }

  /** Gives up on what is open: the source went on without an answer. */
  closeAll(): T[] {
    const closing = this.#open
    this.#closed.push(...closing)
    this.#open = []
    return closing
  }

  #remove(call: T): T {
    this.#open = this.#open.filter((other) => other !== call)
    return call
  }
}

const fitsName = (call: PendingCall, result: ResultKey): boolean =>
  result.name === undefined || call.name === result.name
