const pattern = /^(?:0|[1-9][0-9]{0,15})$/

/** Reads an ASCII decimal without sign, spaces or leading zeros, up to 2^53 - 1; otherwise undefined. */
export function parseDecimal(text: string): number | undefined {
  if (!pattern.test(text)) return undefined
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : undefined
}
