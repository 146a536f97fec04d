import type { TlogCrypto } from '../src/crypto.ts'

/**
 * RFC 6962 section 2.1 as it is written, recursive, over leaf hashes: the oracle for everything faster. It shares no
 * code with the package. Subtree hashes are remembered; that is its only shortcut.
 */
export class NaiveTree {
  readonly #crypto: TlogCrypto
  readonly #leafHashes: readonly Uint8Array[]
  readonly #known = new Map<number, Uint8Array>()

  constructor(crypto: TlogCrypto, leafHashes: readonly Uint8Array[]) {
    this.#crypto = crypto
    this.#leafHashes = leafHashes
  }

  /** MTH(D[start:end]). */
  hash(start: number, end: number): Uint8Array {
    if (end - start === 0) return this.#crypto.sha256(new Uint8Array())
    if (end - start === 1) return this.#leafHashes[start] ?? new Uint8Array()
    const key = start * 2 ** 20 + end
    let hash = this.#known.get(key)
    if (hash === undefined) {
      const k = start + largestPowerBelow(end - start)
      hash = this.#crypto.sha256(Buffer.concat([Uint8Array.of(1), this.hash(start, k), this.hash(k, end)]))
      this.#known.set(key, hash)
    }
    return hash
  }

  /** PATH(m, D[start:end]). */
  path(m: number, start: number, end: number): Uint8Array[] {
    if (end - start === 1) return []
    const k = largestPowerBelow(end - start)
    return m < k
      ? [...this.path(m, start, start + k), this.hash(start + k, end)]
      : [...this.path(m - k, start + k, end), this.hash(start, start + k)]
  }

  /** SUBPROOF(m, D[start:end], whole); PROOF(m, D[n]) is `consistency(m, 0, n)`. */
  consistency(m: number, start: number, end: number, whole = true): Uint8Array[] {
    if (m === end - start) return whole ? [] : [this.hash(start, end)]
    const k = largestPowerBelow(end - start)
    return m <= k
      ? [...this.consistency(m, start, start + k, whole), this.hash(start + k, end)]
      : [...this.consistency(m - k, start + k, end, false), this.hash(start, start + k)]
  }
}

/**
 * On which side each hash of an inclusion proof stands. Two claims with the same sides are the same claim to every
 * verifier of RFC 6962 proofs: the size counts only through this.
 */
export function inclusionSides(m: number, n: number): string {
  if (n <= 1) return ''
  const k = largestPowerBelow(n)
  return m < k ? `${inclusionSides(m, k)}r` : `${inclusionSides(m - k, n - k)}l`
}

/** The same for consistency proofs; `w` and `p` tell whether it starts from the whole old tree or a part. */
export function consistencySides(m: number, n: number, whole = true): string {
  if (m === n) return whole ? 'w' : 'p'
  const k = largestPowerBelow(n)
  return m <= k ? `${consistencySides(m, k, whole)}r` : `${consistencySides(m - k, n - k, false)}l`
}

function largestPowerBelow(n: number): number {
  let k = 1
  while (k * 2 < n) k *= 2
  return k
}
