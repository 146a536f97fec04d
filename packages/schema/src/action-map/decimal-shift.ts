/**
 * Moves the decimal point of a number right, exactly: 98.7 by 2 is 9870. Works on the decimal text, since binary
 * fractions would make 1.1 by 2 come out as 110.00000000000001.
 *
 * @returns undefined when the result is no safe integer: digits would be lost
 */
export function shiftDecimal(value: number | string, digits: number): number | undefined {
  const match = /^(-?)([0-9]{1,20})(?:\.([0-9]{1,20}))?$/.exec(String(value).trim())
  if (match === null) return undefined
  const [, sign = '', whole = '', fraction = ''] = match
  const kept = fraction.slice(0, digits).padEnd(digits, '0')
  if (/[1-9]/.test(fraction.slice(digits))) return undefined
  const shifted = Number(`${sign}${whole}${kept}`)
  return Number.isSafeInteger(shifted) ? shifted + 0 : undefined
}
