import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { codeOf } from '../test/error-code.ts'
import { mutantsOfText } from '../test/text-mutants.ts'
import { createSigner, createVerifier, nodeCrypto as crypto } from './node.ts'
import {
  createSigner as createPortSigner,
  createVerifier as createPortVerifier,
  formatSignerKey,
  formatVerifierKey,
  isKeyName,
  parseSignerKey,
  parseVerifierKey,
} from './note-key.ts'
import { formatNote, noteBytesMax, openNote, parseNote, signNote } from './note.ts'
import { webCrypto } from './web.ts'

const seedOf = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)
const [log, other, witness] = [
  createSigner('log.example/a', seedOf(1)),
  createSigner('other.example/b', seedOf(2)),
  createSigner('witness.example/ü', seedOf(3)),
]
const logVerifier = createVerifier(log.vkey)
const otherVerifier = createVerifier(other.vkey)
const text = 'First line.\n\nLe deuxième paragraphe.\n'
const note = signNote(text, [log])
const lines = (signer: typeof log): string => signNote(text, [signer]).slice(text.length + 1)

test('a note opens with the key that signed it, as string and as bytes', () => {
  for (const input of [note, new TextEncoder().encode(note)]) {
    const open = openNote(input, [logVerifier])
    expect(open.text).toBe(text)
    expect(open.verified.map(({ name }) => name)).toEqual(['log.example/a'])
    expect(open.unknown).toEqual([])
  }
  expect(formatNote(parseNote(note))).toBe(note)
})

test('node and web make the same keys and notes', () => {
  const web = createPortSigner(webCrypto, log.name, seedOf(1))
  expect(web.vkey).toBe(log.vkey)
  expect(signNote(text, [web])).toBe(note)
  expect(openNote(note, [createPortVerifier(webCrypto, log.vkey)]).text).toBe(text)
})

test('unknown signatures are ignored, wherever they stand', () => {
  const both = signNote(text, [witness, log, other])
  const open = openNote(both, [otherVerifier, logVerifier])
  expect(open.verified.map(({ name }) => name)).toEqual([log.name, other.name])
  expect(open.unknown.map(({ name }) => name)).toEqual([witness.name])
  // Grease: lines of types and lengths that nobody knows, and a known name with another key id.
  const strange = { name: log.name, keyId: (log.keyId ^ 1) >>> 0, signature: Uint8Array.of(1) }
  const greased = formatNote({ text, signatures: [strange, ...parseNote(note).signatures] })
  expect(openNote(greased, [logVerifier]).unknown).toEqual([strange])
  expect(codeOf(() => openNote(both, []))).toBe('note_unverified')
  expect(codeOf(() => openNote(note, [otherVerifier]))).toBe('note_unverified')
})

test('one invalid signature of a known key rejects the note, beside valid ones too', () => {
  const [good] = parseNote(note).signatures
  const bad = { name: log.name, keyId: log.keyId, signature: new Uint8Array(64) }
  if (good === undefined) throw new Error('no signature')
  for (const signatures of [[bad], [good, bad], [bad, good]]) {
    expect(codeOf(() => openNote(formatNote({ text, signatures }), [logVerifier]))).toBe('signature_invalid')
  }
  const foreign = { ...bad, signature: parseNote(signNote(text, [other])).signatures[0]?.signature ?? new Uint8Array() }
  expect(codeOf(() => openNote(formatNote({ text, signatures: [foreign] }), [logVerifier]))).toBe('signature_invalid')
})

test('a signature line said twice counts once', () => {
  expect(openNote(note + lines(log), [logVerifier]).verified).toHaveLength(1)
})

test('100 signatures are read, 101 are refused before any is verified', () => {
  expect(openNote(text + '\n' + lines(log).repeat(100), [logVerifier]).verified).toHaveLength(1)
  expect(codeOf(() => openNote(text + '\n' + lines(log).repeat(101), [logVerifier]))).toBe('note_malformed')
  expect(
    codeOf(() =>
      signNote(
        text,
        Array.from({ length: 101 }, () => log),
      ),
    ),
  ).toBe('note_malformed')
  expect(codeOf(() => parseNote(`${'x'.repeat(noteBytesMax)}\n${note}`))).toBe('note_malformed')
})

test('two verifiers of one name and id are ambiguous', () => {
  expect(codeOf(() => openNote(note, [logVerifier, createVerifier(log.vkey)]))).toBe('key_ambiguous')
})

test('malformed notes are refused', () => {
  const line = lines(log)
  const [, base64 = ''] = line.trimEnd().split(`${log.name} `)
  const malformed = {
    'no signatures': text,
    'empty block': `${text}\n`,
    'no final newline': note.slice(0, -1),
    'line after the signatures': `${note}more\n`,
    'empty line at the end': `${note}\n`,
    'no empty line': text.replace('\n\n', '\n') + line,
    'hyphen for dash': `${text}\n${line.replace('\u2014', '-')}`,
    'two spaces': `${text}\n${line.replace('\u2014 ', '\u2014  ')}`,
    'name with plus': `${text}\n\u2014 a+b ${base64}\n`,
    'name with no-break space': `${text}\n\u2014 a\u00a0b ${base64}\n`,
    'no name': `${text}\n\u2014  ${base64}\n`,
    'no signature': `${text}\n\u2014 ${log.name} \n`,
    'key id only': `${text}\n\u2014 ${log.name} AAAAAA==\n`,
    'padding cut': `${text}\n\u2014 ${log.name} ${base64.replace(/=+$/, '')}\n`,
    base64url: `${text}\n\u2014 ${log.name} AAAAA-_-\n`,
    'space after': `${text}\n${line.trimEnd()} \n`,
    tab: `\t${note}`,
    escape: `\u001b[31m${note}`,
    'carriage returns': note.replaceAll('\n', '\r\n'),
    'lone surrogate': `\ud800${note}`,
  }
  const outcomes = Object.entries(malformed).map(([why, input]) => [why, codeOf(() => openNote(input, [logVerifier]))])
  expect(outcomes).toEqual(Object.keys(malformed).map((why) => [why, 'note_malformed']))
  const invalidUtf8 = Uint8Array.of(0xff, ...new TextEncoder().encode(note))
  expect(codeOf(() => openNote(invalidUtf8, [logVerifier]))).toBe('note_malformed')
  // A byte order mark is a change of the text, not something to be stripped.
  const marked = Uint8Array.of(0xef, 0xbb, 0xbf, ...new TextEncoder().encode(note))
  expect(codeOf(() => openNote(marked, [logVerifier]))).toBe('signature_invalid')
})

test('texts that could not be read again are not signed', () => {
  for (const bad of ['', 'no newline', 'tab\t\n', 'crlf\r\n', 'nul\0\n', '\ud800\n']) {
    expect(codeOf(() => signNote(bad, [log]))).toBe('note_malformed')
  }
  expect(codeOf(() => signNote(text, []))).toBe('note_malformed')
})

test('every mutant of a signed note is rejected', () => {
  const doubled = note + lines(log)
  const accepted: string[] = []
  let count = 0
  for (const mutant of mutantsOfText(note)) {
    // The one change that changes nothing: the same line again.
    if (mutant === doubled) continue
    count++
    if (codeOf(() => openNote(mutant, [logVerifier])) === 'accepted') accepted.push(mutant)
  }
  process.stdout.write(`signed notes: ${count - accepted.length} of ${count} mutants rejected\n`)
  expect(accepted).toEqual([])
  expect(count).toBeGreaterThan(3000)
})

test('any input is refused with a code, and what is read is written the same', () => {
  const pieces = ['\n', '\n\n', '\u2014 ', 'a ', 'AAAAAAA=', 'AAAAAA==', ' ', '\r', 'é', text, lines(log), lines(other)]
  const inputs = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.uint8Array(),
    fc.array(fc.constantFrom(...pieces), { maxLength: 8 }).map((parts) => parts.join('')),
  )
  fc.assert(
    fc.property(inputs, (input) => {
      if (codeOf(() => parseNote(input)) !== 'accepted') return
      const written = formatNote(parseNote(input))
      expect(Buffer.from(written)).toEqual(Buffer.from(input))
    }),
    { numRuns: 2000 },
  )
})

test('verifier keys have one spelling, and every mutant is refused', () => {
  const parsed = parseVerifierKey(crypto, log.vkey)
  expect(formatVerifierKey(crypto, parsed.name, parsed.publicKey)).toBe(log.vkey)
  expect(parsed.keyId).toBe(log.keyId)
  const accepted = mutantsOfText(log.vkey).filter(
    (mutant) => codeOf(() => parseVerifierKey(crypto, mutant)) === 'accepted',
  )
  expect(accepted).toEqual([])
  const parts = Array.from(log.vkey).flatMap((_, start) =>
    Array.from({ length: log.vkey.length - start }, (_end, i) => log.vkey.slice(start, start + i + 1)),
  )
  const whole = parts.filter((part) => codeOf(() => parseVerifierKey(crypto, part)) !== 'key_malformed')
  expect(whole).toEqual([log.vkey])
  const weak = Uint8Array.of(1, ...new Uint8Array(31))
  expect(codeOf(() => parseVerifierKey(crypto, formatVerifierKey(crypto, 'x', weak)))).toBe('key_malformed')
})

test('signer keys come back, and every mutant is refused without telling the key', () => {
  const skey = formatSignerKey(crypto, log.name, seedOf(1))
  const parsed = parseSignerKey(crypto, skey)
  expect(createSigner(parsed.name, parsed.seed).vkey).toBe(log.vkey)
  const outcomes = mutantsOfText(skey).map((mutant) => codeOf(() => parseSignerKey(crypto, mutant)))
  expect(new Set(outcomes)).toEqual(new Set(['key_malformed']))
  expect(codeOf(() => createSigner('a b', seedOf(1)))).toBe('key_malformed')
  expect(codeOf(() => createSigner('a', new Uint8Array(31)))).toBe('key_malformed')
})

test('a signer keeps its own copy of the seed', () => {
  const seed = seedOf(7)
  const signers = [createSigner('a', seed), createPortSigner(webCrypto, 'a', seed)]
  const before = signers.map((signer) => signNote(text, [signer]))
  seed.fill(0)
  expect(signers.map((signer) => signNote(text, [signer]))).toEqual(before)
})

test('key names', () => {
  expect(['a', 'example.com/x', 'ü', '\u2014'].map(isKeyName)).toEqual([true, true, true, true])
  const bad = ['', ' ', 'a b', 'a+b', 'a\n', 'a\u0085', 'a\u00a0b', 'a\u2003b', 'a\u2028b', 'a\u3000', '\0', '\ud800']
  expect(bad.filter(isKeyName)).toEqual([])
})
