const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const invalid = 255

const valueByCode = new Uint8Array(256).fill(invalid)
for (let value = 0; value < alphabet.length; value++) valueByCode[alphabet.charCodeAt(value)] = value

/** Standard base64 with padding (RFC 4648 section 4). */
export function encodeBase64(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const rest = bytes.length - i
    const word = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    text += alphabet.charAt(word >> 18) + alphabet.charAt((word >> 12) & 63)
    text += rest > 1 ? alphabet.charAt((word >> 6) & 63) : '='
    text += rest > 2 ? alphabet.charAt(word & 63) : '='
  }
  return text
}

/**
 * Decodes the one canonical spelling only: padding complete, no other characters, unused bits zero. Otherwise
 * undefined. A second spelling of the same bytes would let a signed thing exist in two forms.
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const digits = text.length - padding
  const bytes = new Uint8Array((text.length / 4) * 3 - padding)
  let bits = 0
  let bitCount = 0
  let at = 0
  for (let i = 0; i < digits; i++) {
    const value = valueByCode[text.charCodeAt(i)] ?? invalid
    if (value === invalid) return undefined
    bits = ((bits << 6) | value) & 0xffff
    bitCount += 6
    if (bitCount >= 8) {
      bitCount -= 8
      bytes[at++] = (bits >> bitCount) & 0xff
    }
  }
  const unused = bits & ((1 << bitCount) - 1)
  return unused === 0 ? bytes : undefined
}
