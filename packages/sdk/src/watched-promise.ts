/**
 * A promise that never causes an unhandled rejection: when it fails and nobody has asked for its outcome, the failure is
 * handed to `onUnwatched`, which sees to it that it is not lost. Somebody who asks later gets it, and `onWatched` is told.
 */
export class WatchedPromise<T> implements Promise<T> {
  readonly [Symbol.toStringTag] = 'Promise'
  readonly #inner: Promise<T>
  readonly #onWatched: (error: unknown) => void
  #isWatched = false
  #failure: { readonly error: unknown } | undefined

  constructor(inner: Promise<T>, onUnwatched: (error: unknown) => void, onWatched: (error: unknown) => void) {
    this.#inner = inner
    this.#onWatched = onWatched
    inner.catch((error: unknown) => {
      // An `await` asks a few microtasks after it stands in the code.
      setImmediate(() => {
        if (this.#isWatched) return
        this.#failure = { error }
        onUnwatched(error)
      })
    })
  }

  // oxlint-disable-next-line unicorn/no-thenable -- it is a promise
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#isWatched = true
    if (this.#failure !== undefined) this.#onWatched(this.#failure.error)
    return this.#inner.then(onFulfilled, onRejected)
  }

  catch<B = never>(onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<T | B> {
    return this.then(undefined, onRejected)
  }

  finally(onFinally?: (() => void) | null): Promise<T> {
    this.#isWatched = true
    if (this.#failure !== undefined) this.#onWatched(this.#failure.error)
    return this.#inner.finally(onFinally)
  }
}
