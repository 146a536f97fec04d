const uuidCharacters = 36
const uuidBytes = 16
const dash = 0x2d

/** The 16 bytes of a lower-case UUID: half the size of its text in an index. What is no UUID gives other bytes, or fewer. */
export function uuidToBytes(uuid: string): Buffer {
  const bytes = Buffer.allocUnsafe(uuidBytes)
  let digits = 0
  for (let i = 0; i < uuidCharacters; i += 1) {
    const c = uuid.charCodeAt(i)
    const isDashPlace = i === 8 || i === 13 || i === 18 || i === 23
    if (isDashPlace && c === dash) continue
    const digit = c >= 0x30 && c <= 0x39 ? c - 0x30 : c >= 0x61 && c <= 0x66 ? c - 0x57 : undefined
    // At any other text, slower: this one is read by place.
    if (isDashPlace || digit === undefined) return Buffer.from(uuid.replaceAll('-', ''), 'hex')
    const at = digits >> 1
    bytes[at] = digits % 2 === 0 ? digit << 4 : (bytes[at] ?? 0) | digit
    digits += 1
  }
  return uuid.length === uuidCharacters ? bytes : Buffer.from(uuid.replaceAll('-', ''), 'hex')
}
