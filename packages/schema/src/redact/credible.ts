import { isMarker } from './redaction.ts'

/** Words that stand where a secret would, in schemas, examples and code. */
export const placeholderWords = new Set(
  'null none nil true false undefined string str text bytes number integer boolean object any optional required password passwd token secret apikey api_key example placeholder changeme redacted hidden masked xxx'.split(
    ' ',
  ),
)

/** Whether a text points to a secret instead of being one: `${PASSWORD}`, `{{pass}}`, `<token>`, `$(cmd)`, `****`. */
export function isReference(text: string): boolean {
  if (isMarker(text) || text.startsWith('[redacted:')) return true
  return (
    /^(?:\$[({\w]|\{|<|%[A-Za-z_]\w*%|\[?(?:your|my|replace|insert|enter)[_ -]|process\.env|os\.(?:environ|getenv)|env\.|ENV\[|secrets\.|vars?\.|self\.|this\.)/i.test(
      text,
    ) ||
    /^([*•xX.…#_-])\1*$/.test(text) ||
    // A key block in an example, with dots for the key.
    /^-----BEGIN [A-Z ]{1,40}-----(?:\\{1,7}n|[\s.…]){0,40}-----END [A-Z ]{1,40}-----/.test(text)
  )
}

/** Whether what follows `Authorization:` is a credential and not a sentence. */
export function acceptsAuthorization(secret: string): boolean {
  const parts = secret.split(/[ \t]+/)
  const token = parts.at(-1) ?? ''
  if (isReference(token)) return false
  if (parts.length === 1) return /[0-9]/.test(token) && token.length >= 12
  const scheme = (parts[0] ?? '').toLowerCase()
  return knownSchemes.has(scheme) || (/[0-9]/.test(token) && token.length >= 12)
}

const knownSchemes = new Set([
  'basic',
  'bearer',
  'digest',
  'token',
  'apikey',
  'negotiate',
  'hmac',
  'aws4-hmac-sha256',
  'bot',
  'key',
])

/** In code these name objects: `private_key: ed25519.Ed25519PrivateKey`, `auth_key: "_Key"`. */
const keyNames = /^(?:private|encryption|decryption|signing|master|account|hmac|auth|session)/i

/** Digits and letters that are no path of names. */
function isMixed(word: string): boolean {
  return /[0-9]/.test(word) && !/^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+$/.test(word)
}

/** Whether the value of an assignment can be a secret, judged by its name, its quotes and its characters. */
export function acceptsAssignment(secret: string, match: string): boolean {
  const word = secret.trim()
  if (word === '' || isReference(word) || placeholderWords.has(word.toLowerCase())) return false
  const name = match.slice(0, match.length - secret.length)
  // `pass: 1234` counts tests, `Pass = std::move` is code, `DB_PASS=hunter` is a setting.
  const isPass = /^pass\b/i.test(name)
  if (isPass && !name.startsWith('PASS=') && (!/[0-9]/.test(word) || /^[0-9.,%/]+$/.test(word))) return false
  if (keyNames.test(name) && !isMixed(word)) return false
  const isPassword = isPass || /^pa?(?:ssw|ssp|wd)/i.test(name)
  const isQuoted = /["'`]$/.test(name)
  if (isQuoted) return isPassword ? word.length >= 3 : word.length >= 8 && !/\s/.test(word)
  if (/[0-9]/.test(word)) return word.length >= (isPassword ? 4 : 8) && !/^[0-9]{1,2}[.:]/.test(word)
  if (isPassword && name.trimEnd().endsWith('=') && /[^\w.]/.test(word)) return word.length >= 6
  // Letters alone are a variable in code as often as a password; without spaces around `=` they are a setting.
  return (
    isPassword &&
    name.endsWith('=') &&
    !/[ \t=>:]=?$/.test(name.slice(0, -1)) &&
    word.length >= 4 &&
    !word.includes('.')
  )
}

/** Whether the value of an option (`--password hunter2`) can be a secret and not the next word of a sentence. */
export function acceptsOption(secret: string): boolean {
  if (isReference(secret) || placeholderWords.has(secret.toLowerCase())) return false
  return secret.length >= 4 && /[0-9!#$%&*+/=?@^~]/.test(secret)
}

/** Whether the value of a parameter in an address is long and mixed enough to be a key. */
export function isLongAndMixed(secret: string): boolean {
  const plain = secret.replaceAll(/%[0-9A-Fa-f]{2}/g, '')
  return !isReference(secret) && /[0-9]/.test(plain) && /[A-Za-z]/.test(plain)
}
