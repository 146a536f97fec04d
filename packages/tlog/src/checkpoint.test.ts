import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { codeOf } from '../test/error-code.ts'
import { checkpoint, origin, policy, signatureLine, signed, signer, size } from '../test/signed-log.ts'
import { mutantsOfText } from '../test/text-mutants.ts'
import { encodeBase64 } from './base64.ts'
import { type Checkpoint, formatCheckpoint, openCheckpoint, parseCheckpoint, signCheckpoint } from './checkpoint.ts'
import { emptyRoot } from './hash.ts'
import { nodeCrypto as crypto } from './node.ts'
import { signNote } from './note.ts'

test('a checkpoint comes back as it was signed', () => {
  const open = openCheckpoint(signed, policy)
  expect(open.origin).toBe(origin)
  expect(open.size).toBe(size)
  expect(Buffer.from(open.root)).toEqual(Buffer.from(checkpoint.root))
  expect(open.extensions).toEqual([])
  const extended = { ...checkpoint, extensions: ['one', 'two words'] }
  expect(openCheckpoint(signCheckpoint(extended, [signer]), policy).extensions).toEqual(['one', 'two words'])
  const empty = { origin, size: 0, root: emptyRoot(crypto) }
  expect(openCheckpoint(signCheckpoint(empty, [signer]), policy).size).toBe(0)
})

test('a checkpoint of another log is refused, also when the same key signed it', () => {
  const foreign = signCheckpoint({ ...checkpoint, origin: 'log.example/b' }, [signer])
  expect(codeOf(() => openCheckpoint(foreign, policy))).toBe('origin_mismatch')
  expect(codeOf(() => openCheckpoint(signed, { ...policy, origin: `${origin}/` }))).toBe('origin_mismatch')
})

test('texts that are no checkpoint are refused even when they are signed', () => {
  const root = encodeBase64(checkpoint.root)
  const bad = [
    `${origin}\n`,
    `${origin}\n11\n`,
    `\n11\n${root}\n`,
    `${origin}\n011\n${root}\n`,
    `${origin}\n-1\n${root}\n`,
    `${origin}\n11 \n${root}\n`,
    `${origin}\n9007199254740992\n${root}\n`,
    `${origin}\n11\n${root.replace('=', '')}\n`,
    `${origin}\n11\n${encodeBase64(checkpoint.root.subarray(1))}\n`,
    `${origin}\n11\n${root}\n\n`,
    `${origin}\n11\n${root}\n\nextension\n`,
    `${origin}\n\n11\n${root}\n`,
    `${origin}\n0\n${root}\n`,
  ]
  expect(bad.map((text) => codeOf(() => openCheckpoint(signNote(text, [signer]), policy)))).toEqual(
    bad.map(() => 'checkpoint_malformed'),
  )
})

test('what could not be read again is not written', () => {
  const bad: [string, Checkpoint][] = [
    ['checkpoint_malformed', { ...checkpoint, origin: '' }],
    ['checkpoint_malformed', { ...checkpoint, origin: 'a\nb' }],
    ['checkpoint_malformed', { ...checkpoint, origin: '\ud800' }],
    ['checkpoint_malformed', { ...checkpoint, root: new Uint8Array(31) }],
    ['checkpoint_malformed', { ...checkpoint, size: 0 }],
    ['checkpoint_malformed', { ...checkpoint, extensions: [''] }],
    ['size_invalid', { ...checkpoint, size: -1 }],
    ['size_invalid', { ...checkpoint, size: 2 ** 53 }],
  ]
  expect(bad.map(([, value]) => codeOf(() => formatCheckpoint(value)))).toEqual(bad.map(([code]) => code))
})

test('any text is refused with a code or is the one spelling of its checkpoint', () => {
  const pieces = fc.array(fc.constantFrom(origin, '11', '0', '\n', encodeBase64(checkpoint.root), ' ', '=', '\r'), {
    maxLength: 9,
  })
  const inputs = fc.oneof(
    fc.string(),
    pieces.map((parts) => parts.join('')),
  )
  fc.assert(
    fc.property(inputs, (text) => {
      const code = codeOf(() => parseCheckpoint(text))
      expect(code === 'checkpoint_malformed' || formatCheckpoint(parseCheckpoint(text)) === text).toBe(true)
    }),
    { numRuns: 2000 },
  )
})

test('every mutant of a signed checkpoint is rejected', () => {
  const accepted: string[] = []
  const mutants = mutantsOfText(signed).filter((mutant) => mutant !== signed + signatureLine)
  for (const mutant of mutants) {
    if (codeOf(() => openCheckpoint(mutant, policy)) === 'accepted') accepted.push(mutant)
  }
  process.stdout.write(`checkpoints: ${mutants.length - accepted.length} of ${mutants.length} mutants rejected\n`)
  expect(accepted).toEqual([])
  expect(mutants.length).toBeGreaterThan(4000)
})
