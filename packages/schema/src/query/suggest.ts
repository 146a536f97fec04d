/**
 * The word that was most likely meant: a unique completion of what was typed, or the nearest within a third of its
 * length in insertions, deletions, replacements and swaps of neighbours. Nothing is suggested for a far-off word.
 */
export function suggestWord(typed: string, words: Iterable<string>): string | undefined {
  const wanted = typed.toLowerCase().slice(0, 64)
  let best: string | undefined
  let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1
  const completions: string[] = []
  for (const word of words) {
    if (wanted.length >= 2 && word.startsWith(wanted)) completions.push(word)
    if (Math.abs(word.length - wanted.length) >= bestDistance) continue
    const distance = editDistance(wanted, word.toLowerCase())
    if (distance < bestDistance && distance < Math.max(wanted.length, word.length)) {
      best = word
      bestDistance = distance
    }
  }
  return best ?? (completions.length === 1 ? completions[0] : undefined)
}

/** Optimal string alignment distance. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let distance = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        distance = Math.min(distance, (beforeLast[j - 2] ?? 0) + 1)
      }
      row.push(distance)
    }
    beforeLast = last
    last = row
  }
  return last[b.length] ?? 0
}
