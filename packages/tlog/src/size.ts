import { TlogError } from './errors.ts'

/** Largest tree this package handles: 2^53 - 1 leaves, the largest exact integer of a JavaScript number. */
export const treeSizeMax = Number.MAX_SAFE_INTEGER

/** Throws `size_invalid` unless `size` is an integer from `min` to 2^53 - 1. */
export function assertSize(size: number, min = 0): void {
  if (!Number.isSafeInteger(size) || size < min) {
    throw new TlogError('size_invalid', `a tree size is an integer from ${min} to 2^53 - 1, not ${String(size)}`)
  }
}

/** Throws `index_out_of_range` unless `index` is a leaf of a tree of `size` leaves. */
export function assertIndex(index: number, size: number): void {
  assertSize(size)
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) {
    throw new TlogError('index_out_of_range', `index ${String(index)} is not a leaf of a tree of ${size} leaves`)
  }
}

/** The largest power of two that is smaller than `n`; `n` is at least 2. */
export function splitPoint(n: number): number {
  // Doubling stays exact above 2^31, where bit operators would not.
  let power = 1
  while (power * 2 < n) power *= 2
  return power
}

/** How many bits of `n` are set: the number of perfect subtrees in a tree of `n` leaves. */
export function countOnes(n: number): number {
  let ones = 0
  for (let rest = n; rest > 0; rest = Math.floor(rest / 2)) ones += rest % 2
  return ones
}
