/** Every change of one proof hash list: bits changed, hashes cut, doubled, swapped, added, shortened and lengthened. */
export function mutantsOfHashes(hashes: readonly Uint8Array[], strangers: readonly Uint8Array[]): Uint8Array[][] {
  const mutants: Uint8Array[][] = []
  hashes.forEach((hash, i) => {
    for (const changed of mutantsOfHash(hash)) mutants.push(hashes.with(i, changed))
    mutants.push(hashes.toSpliced(i, 1), hashes.toSpliced(i, 0, hash), hashes.slice(0, i))
    for (let j = i + 1; j < hashes.length; j++) mutants.push(hashes.with(i, hashes[j] ?? hash).with(j, hash))
    for (const stranger of strangers) mutants.push(hashes.with(i, stranger))
  })
  for (const extra of [...strangers, new Uint8Array(), new Uint8Array(32)]) {
    mutants.push([...hashes, extra], [extra, ...hashes])
  }
  if (hashes.length > 1) mutants.push(hashes.toReversed())
  const original = join(hashes)
  return mutants.filter((mutant) => join(mutant) !== original)
}

/** One bit of every fourth byte, a byte less, a byte more, and nothing at all. */
export function mutantsOfHash(hash: Uint8Array): Uint8Array[] {
  const flipped = Array.from({ length: 8 }, (_, k) => {
    const changed = new Uint8Array(hash)
    changed[k * 4] = (changed[k * 4] ?? 0) ^ (1 << k)
    return changed
  })
  return [...flipped, hash.subarray(0, 31), Uint8Array.of(...hash, 0), new Uint8Array()]
}

/** The number one more and one less, twice, half, and changed by each power of two; also what is no size at all. */
export function mutantsOfNumber(value: number): number[] {
  const mutants = new Set([value + 1, value - 1, value * 2, Math.floor(value / 2), -value, value + 0.5, Number.NaN])
  mutants
    .add(Number.POSITIVE_INFINITY)
    .add(Number.MAX_SAFE_INTEGER)
    .add(2 ** 53)
  for (let k = 0; k < 53; k++) mutants.add(value + 2 ** k).add(value - 2 ** k)
  mutants.delete(value)
  return [...mutants]
}

function join(hashes: readonly Uint8Array[]): string {
  return hashes.map((hash) => Buffer.from(hash).toString('hex')).join(' ')
}
