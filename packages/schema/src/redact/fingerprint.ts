/**
 * 32 bits of a text, in hexadecimal, so that ids that held different secrets stay different. Only for texts that hold a
 * random secret: of such a one it tells nothing that could be used, of a password it would.
 */
export function fingerprintOf(text: string): string {
  // FNV-1a, then mixed once more so that the last characters count as much as the first.
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return ((hash ^ (hash >>> 13)) >>> 0).toString(16).padStart(8, '0')
}
