// The y coordinates, little-endian, of all points whose order divides 8 (RFC 7748 section 7 gives the reason to refuse
// them): under such a key one signature fits many texts, so it would be evidence of nothing.
const smallOrderHex = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
]

/**
 * True for an Ed25519 public key that no honest key generation makes: a point of small order, or an encoding of y above
 * the field prime. Implementations differ on these keys; refusing them makes all of them agree.
 */
export function isWeakPublicKey(publicKey: Uint8Array): boolean {
  const y = Uint8Array.from(publicKey)
  y[31] = (y[31] ?? 0) & 0x7f
  if (isAtLeastPrime(y)) return true
  // The first byte tells them apart in nearly all cases; the string is only made when it fits.
  if (!smallOrderHex.some((hex) => Number.parseInt(hex.slice(0, 2), 16) === y[0])) return false
  const text = Array.from(y, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return smallOrderHex.includes(text)
}

/** y >= 2^255 - 19, little-endian. */
function isAtLeastPrime(y: Uint8Array): boolean {
  return (y[0] ?? 0) >= 0xed && y[31] === 0x7f && y.subarray(1, 31).every((byte) => byte === 0xff)
}
