import { decodeBase64, encodeBase64 } from './base64.ts'
import { TlogError } from './errors.ts'
import { isKeyName, type NoteSigner, type NoteVerifier } from './note-key.ts'
import { decodeUtf8, encodeUtf8 } from './utf8.ts'

/** Most signatures a note may carry; notes with more are refused before any is verified. */
export const noteSignaturesMax = 100

/** Largest note, in bytes. A hundred post-quantum signatures fit. */
export const noteBytesMax = 1 << 20

/** One signature line. */
export interface NoteSignature {
  readonly name: string
  readonly keyId: number
  /** The bytes after the key id. */
  readonly signature: Uint8Array
}

/** A note that was parsed but not verified: nothing in it may be believed. */
export interface Note {
  /** The signed text, with its final newline. */
  readonly text: string
  readonly signatures: readonly NoteSignature[]
}

/** A note with at least one valid signature of a known key. */
export interface OpenNote {
  readonly text: string
  /** The signatures that were verified, one a key, in the order of the note. */
  readonly verified: readonly NoteSignature[]
  /** Signatures of unknown keys: ignored, kept for passing on. */
  readonly unknown: readonly NoteSignature[]
}

const keyIdBytes = 4
const linePrefix = '\u2014 '
// eslint-disable-next-line no-control-regex -- control characters are what is refused here
const controlPattern = /[\u0000-\u0009\u000b-\u001f]/

/**
 * Reads a C2SP signed note without verifying it. Throws `note_malformed` for anything that is not exactly text, empty
 * line and signature lines: control characters (so also CRLF), bytes that are not UTF-8, base64 with a second
 * spelling, more than 100 signatures, anything after the last line.
 */
export function parseNote(input: string | Uint8Array): Note {
  const note = readText(input)
  if (controlPattern.test(note)) throw malformed('it has control characters')
  const split = note.lastIndexOf('\n\n')
  if (split < 0) throw malformed('no empty line stands before the signatures')
  const text = note.slice(0, split + 1)
  const block = note.slice(split + 2)
  if (!block.endsWith('\n')) throw malformed('the last signature line does not end in a newline')
  const lines = block.slice(0, -1).split('\n')
  if (lines.length > noteSignaturesMax) throw malformed(`it has more than ${noteSignaturesMax} signatures`)
  return { text, signatures: lines.map(parseSignatureLine) }
}

/**
 * Reads a note and verifies every signature of a known key. Throws `note_malformed`; `signature_invalid` when a known
 * key's signature fails, even beside valid ones; `note_unverified` when no known key has signed; `key_ambiguous` when
 * two verifiers share name and key id. Signatures of unknown keys are ignored, so that keys can rotate and witnesses
 * can be added.
 */
export function openNote(input: string | Uint8Array, verifiers: readonly NoteVerifier[]): OpenNote {
  const { text, signatures } = parseNote(input)
  const verifierByKey = indexVerifiers(verifiers)
  const message = encodeUtf8(text)
  if (message === undefined) throw malformed('it is not UTF-8')
  const verified = new Map<string, NoteSignature>()
  const unknown: NoteSignature[] = []
  for (const signature of signatures) {
    const key = keyOf(signature)
    const verifier = verifierByKey.get(key)
    if (verifier === undefined) {
      unknown.push(signature)
    } else if (verifier.verify(message, signature.signature)) {
      // A line said twice counts once.
      if (!verified.has(key)) verified.set(key, signature)
    } else {
      throw new TlogError('signature_invalid', `the signature of ${signature.name} does not belong to this text`)
    }
  }
  if (verified.size === 0) throw new TlogError('note_unverified', 'no known key has signed this note')
  return { text, verified: [...verified.values()], unknown }
}

/** Writes a note. Throws `note_malformed` when {@link parseNote} would refuse it. */
export function formatNote(note: Note): string {
  assertText(note.text)
  if (note.signatures.length === 0) throw malformed('it has no signature')
  if (note.signatures.length > noteSignaturesMax) throw malformed(`it has more than ${noteSignaturesMax} signatures`)
  return `${note.text}\n${note.signatures.map(formatSignatureLine).join('')}`
}

/** Signs a text, which must end in a newline, with every signer in turn. Throws `note_malformed`. */
export function signNote(text: string, signers: readonly NoteSigner[]): string {
  const message = assertText(text)
  const signatures = signers.map((signer) => ({
    name: signer.name,
    keyId: signer.keyId,
    signature: signer.sign(message),
  }))
  return formatNote({ text, signatures })
}

function readText(input: string | Uint8Array): string {
  if (input.length > noteBytesMax) throw malformed(`it is larger than ${noteBytesMax} bytes`)
  if (typeof input !== 'string') {
    const text = decodeUtf8(input)
    if (text === undefined) throw malformed('it is not UTF-8')
    return text
  }
  if (!input.isWellFormed()) throw malformed('it has lone surrogates, which are not UTF-8')
  return input
}

function assertText(text: string): Uint8Array {
  const bytes = encodeUtf8(text)
  if (bytes === undefined) throw malformed('the text has lone surrogates, which are not UTF-8')
  if (controlPattern.test(text)) throw malformed('the text has control characters')
  if (!text.endsWith('\n')) throw malformed('the text does not end in a newline')
  return bytes
}

function parseSignatureLine(line: string): NoteSignature {
  if (!line.startsWith(linePrefix)) throw malformed('a signature line starts with an em dash and a space')
  const space = line.indexOf(' ', linePrefix.length)
  const name = space < 0 ? '' : line.slice(linePrefix.length, space)
  if (!isKeyName(name)) throw malformed('a signature line has no valid key name')
  const bytes = decodeBase64(line.slice(space + 1))
  if (bytes === undefined || bytes.length <= keyIdBytes) {
    throw malformed('a signature is canonical base64 of a key id and at least one byte')
  }
  const keyId = new DataView(bytes.buffer).getUint32(0)
  return { name, keyId, signature: bytes.subarray(keyIdBytes) }
}

function formatSignatureLine({ name, keyId, signature }: NoteSignature): string {
  if (!isKeyName(name) || signature.length === 0) throw malformed('a signature needs a key name and bytes')
  const bytes = new Uint8Array(keyIdBytes + signature.length)
  new DataView(bytes.buffer).setUint32(0, keyId)
  bytes.set(signature, keyIdBytes)
  return `${linePrefix}${name} ${encodeBase64(bytes)}\n`
}

function indexVerifiers(verifiers: readonly NoteVerifier[]): Map<string, NoteVerifier> {
  const verifierByKey = new Map<string, NoteVerifier>()
  for (const verifier of verifiers) {
    const key = keyOf(verifier)
    if (verifierByKey.has(key))
      throw new TlogError('key_ambiguous', `two verifiers share the name and id of ${verifier.name}`)
    verifierByKey.set(key, verifier)
  }
  return verifierByKey
}

function keyOf({ name, keyId }: { readonly name: string; readonly keyId: number }): string {
  // A name has no plus sign, so this is unique.
  return `${name}+${keyId}`
}

function malformed(why: string): TlogError {
  return new TlogError('note_malformed', `not a signed note: ${why}`)
}
