/** Money at stake in hundredths of the major unit, so that it can be compared without its currency's name. */
export interface Amount {
  readonly amount: number
  /** ISO 4217, in capitals. */
  readonly currency?: string
}

const decimal = /^-?\d{1,15}(?:\.\d{1,6})?$/

/** The amount that attributes speak of: `amount_minor`, an integer of hundredths, with `currency` beside it. */
export function amountOf(attributes: Readonly<Record<string, string | number>>): Amount | undefined {
  const { amount_minor: amount, currency } = attributes
  if (typeof amount !== 'number') return undefined
  return typeof currency === 'string' ? { amount, currency: currency.toUpperCase() } : { amount }
}

/** A decimal in major units as hundredths; shifted in the text, because 1.1 * 100 is not 110. */
export function hundredths(major: string): number | undefined {
  return decimal.test(major) ? Number(`${major}e2`) : undefined
}
