/**
 * Whether a run of digits, in groups or not, can be a card number: a known issuer range with the length
 * that goes with it, and the Luhn digit. Lengths that collide with everyday numbers are left out
 * (13 digits: EAN bar codes and millisecond times; 19-digit Visa: snowflake ids).
 */
export function isPaymentCard(text: string): boolean {
  const digits = text.replaceAll(/[^0-9]/g, '')
  return hasIssuerLength(digits) && passesLuhn(digits) && !/^(.)\1*$/.test(digits)
}

function hasIssuerLength(digits: string): boolean {
  const two = Number(digits.slice(0, 2))
  const four = Number(digits.slice(0, 4))
  switch (digits.length) {
    case 14:
      return (four >= 3000 && four <= 3059) || two === 36 || two === 38 || two === 39
    case 15:
      return two === 34 || two === 37
    case 16:
      return (
        digits.startsWith('4') ||
        (two >= 51 && two <= 55) ||
        (four >= 2221 && four <= 2720) ||
        (four >= 3528 && four <= 3589) ||
        four === 6011 ||
        (four >= 6440 && four <= 6599) ||
        two === 62
      )
    default:
      return false
  }
}

function passesLuhn(digits: string): boolean {
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    let digit = digits.charCodeAt(digits.length - 1 - i) - 0x30
    if (i % 2 === 1) {
      digit *= 2
      if (digit > 9) digit -= 9
    }
    sum += digit
  }
  return sum % 10 === 0
}
