import { hash } from 'node:crypto'

const startBytes = 1024 * 1024
const prefixBytes = 1
/** No character of a string takes more bytes in UTF-8. */
const bytesPerCharacterMax = 3

/**
 * The leaves of one commit, one behind the other, each with the zero byte of RFC 6962 in front: they are written, compared
 * and hashed where they lie. The buffer is used again by the next commit.
 */
export class LeafArena {
  #bytes = Buffer.allocUnsafeSlow(startBytes)
  /** Where the leaves end; each begins one byte behind the end of the one before. */
  readonly #ends: number[] = []

  get count(): number {
    return this.#ends.length
  }

  clear(): void {
    this.#ends.length = 0
  }

  /** Adds the leaf that consists of an envelope without its last bracket and of `tail`, and returns its bytes. */
  add(envelope: Uint8Array, tail: string): Uint8Array {
    const start = this.#startOf(this.count)
    const tailStart = start + envelope.length - 1
    this.#reserve(tailStart + tail.length * bytesPerCharacterMax)
    this.#bytes[start - prefixBytes] = 0
    this.#bytes.set(envelope, start)
    const end = tailStart + this.#bytes.write(tail, tailStart, 'utf8')
    this.#ends.push(end)
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + start, end - start)
  }

  /** Takes back what was added last. */
  drop(): void {
    this.#ends.pop()
  }

  /** Whether these are the bytes of leaf `at`. */
  equals(at: number, bytes: Uint8Array): boolean {
    const end = this.#ends[at]
    return end !== undefined && this.#bytes.compare(bytes, 0, bytes.length, this.#startOf(at), end) === 0
  }

  /** The RFC 6962 hash of leaf `at`, in lower-case hex. */
  hashOf(at: number): string {
    return hash('sha256', this.#bytes.subarray(this.#startOf(at) - prefixBytes, this.#ends[at]), 'hex')
  }

  #startOf(at: number): number {
    return (at === 0 ? 0 : (this.#ends[at - 1] ?? 0)) + prefixBytes
  }

  #reserve(end: number): void {
    if (end <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(end, this.#bytes.length * 2))
    larger.set(this.#bytes.subarray(0, this.#ends.at(-1) ?? 0))
    this.#bytes = larger
  }
}
