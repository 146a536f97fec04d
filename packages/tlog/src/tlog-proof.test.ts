import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { codeOf } from '../test/error-code.ts'
import { log, origin, policy, signatureLine, signed, signer, size } from '../test/signed-log.ts'
import { mutantsOfText } from '../test/text-mutants.ts'
import { encodeBase64 } from './base64.ts'
import { signCheckpoint } from './checkpoint.ts'
import { makeInclusionProof } from './inclusion.ts'
import { createSigner, createVerifier, nodeCrypto as crypto } from './node.ts'
import { rootOfTiles } from './root.ts'
import { formatTlogProof, parseTlogProof, verifyTlogProof } from './tlog-proof.ts'

const index = 5
const leafHash = log.leafHashes[index] ?? new Uint8Array()
const proof = makeInclusionProof(crypto, index, size, log.readTile)
const file = formatTlogProof({ index, proof, checkpoint: signed })

test('a proof file shows its leaf, and brings its extra data along', () => {
  const extra = new TextEncoder().encode('{"any":"thing"}')
  const verified = verifyTlogProof(crypto, file, { ...policy, leafHash })
  expect(verified.index).toBe(index)
  expect(verified.checkpoint.size).toBe(size)
  expect(verified.extra).toBeUndefined()
  const parsed = parseTlogProof(formatTlogProof({ index, proof, checkpoint: signed, extra }))
  expect(parsed).toEqual({ index, proof, checkpoint: signed, extra })
  const single = { origin, size: 1, root: log.leafHashes[0] ?? new Uint8Array() }
  const alone = formatTlogProof({ index: 0, proof: [], checkpoint: signCheckpoint(single, [signer]) })
  expect(verifyTlogProof(crypto, new TextEncoder().encode(alone), { ...policy, leafHash: single.root }).index).toBe(0)
})

test('a proof file is refused for every other leaf, log and tree', () => {
  log.leafHashes.slice(0, 20).forEach((other, i) => {
    const code = codeOf(() => verifyTlogProof(crypto, file, { ...policy, leafHash: other }))
    expect(code).toBe(i === index ? 'accepted' : 'proof_invalid')
  })
  const otherTree = signCheckpoint({ origin, size: 12, root: rootOfTiles(crypto, 12, log.readTile) }, [signer])
  const moved = formatTlogProof({ index, proof, checkpoint: otherTree })
  expect(codeOf(() => verifyTlogProof(crypto, moved, { ...policy, leafHash }))).toBe('proof_invalid')
  expect(codeOf(() => verifyTlogProof(crypto, file, { origin: 'x', verifiers: policy.verifiers, leafHash }))).toBe(
    'origin_mismatch',
  )
  const stranger = createVerifier(createSigner(origin, new Uint8Array(32).fill(2)).vkey)
  expect(codeOf(() => verifyTlogProof(crypto, file, { origin, verifiers: [stranger], leafHash }))).toBe(
    'note_unverified',
  )
})

test('every mutant of a proof file is rejected', () => {
  const accepted: string[] = []
  const mutants = mutantsOfText(file).filter((mutant) => mutant !== file + signatureLine)
  for (const mutant of mutants) {
    if (codeOf(() => verifyTlogProof(crypto, mutant, { ...policy, leafHash })) === 'accepted') accepted.push(mutant)
  }
  process.stdout.write(`proof files: ${mutants.length - accepted.length} of ${mutants.length} mutants rejected\n`)
  expect(accepted).toEqual([])
  expect(mutants.length).toBeGreaterThan(8000)
})

test('extra data has one spelling, and is the only part that a mutant can change', () => {
  const extra = Uint8Array.of(1, 2, 3, 4)
  const withExtra = formatTlogProof({ index, proof, checkpoint: signed, extra })
  const survivors = mutantsOfText(withExtra).filter(
    (mutant) => codeOf(() => verifyTlogProof(crypto, mutant, { ...policy, leafHash })) === 'accepted',
  )
  const [, afterExtra] = withExtra.split('AQIDBA==')
  for (const survivor of survivors) {
    const parsed = parseTlogProof(survivor)
    expect(formatTlogProof(parsed)).toBe(survivor)
    expect(survivor.endsWith(afterExtra ?? '') || survivor === withExtra + signatureLine).toBe(true)
  }
  expect(survivors).toContain(file)
})

test('proof files that are no proof files are refused', () => {
  const [head = '', ...rest] = file.split('\n')
  const body = rest.join('\n')
  const bad = {
    'other version': `${head}2\n${body}`,
    'empty extra': `${head}\nextra \n${body}`,
    'two extras': `${head}\nextra AQ==\nextra AQ==\n${body}`,
    'extra after index': file.replace('index 5\n', 'index 5\nextra AQ==\n'),
    'leading zero': file.replace('index 5', 'index 05'),
    'no index': file.replace('index 5\n', ''),
    '64 hashes': file.replace('index 5\n', `index 5\n${`${encodeBase64(leafHash)}\n`.repeat(64)}`),
    'no checkpoint': file.slice(0, file.indexOf('\n\n') + 1),
    'carriage returns': file.replaceAll('\n', '\r\n'),
  }
  expect(Object.entries(bad).map(([why, input]) => [why, codeOf(() => parseTlogProof(input))])).toEqual(
    Object.keys(bad).map((why) => [why, 'proof_malformed']),
  )
  expect(codeOf(() => parseTlogProof(`${file}\n`))).toBe('note_malformed')
  expect(codeOf(() => parseTlogProof(Uint8Array.of(0xff)))).toBe('proof_malformed')
  const unwritable = [
    { index: -1, proof, checkpoint: signed },
    { index, proof: [new Uint8Array(31)], checkpoint: signed },
    { index, proof: Array.from({ length: 64 }, () => leafHash), checkpoint: signed },
    { index, proof, checkpoint: signed, extra: new Uint8Array() },
  ]
  expect(unwritable.map((value) => codeOf(() => formatTlogProof(value)))).toEqual(
    unwritable.map(() => 'proof_malformed'),
  )
  expect(codeOf(() => formatTlogProof({ index, proof, checkpoint: `${signed}x` }))).toBe('note_malformed')
})

test('any proof file is refused with a code or written the same', () => {
  const pieces = fc.array(fc.constantFrom(...file.split(/(?<=\n)/), '\n', 'extra AQ==\n', 'extra \n', 'index 0\n'), {
    maxLength: 12,
  })
  const inputs = fc.oneof(
    fc.uint8Array(),
    fc.string(),
    pieces.map((parts) => parts.join('')),
  )
  fc.assert(
    fc.property(inputs, (input) => {
      if (codeOf(() => parseTlogProof(input)) !== 'accepted') return
      expect(Buffer.from(formatTlogProof(parseTlogProof(input)))).toEqual(Buffer.from(input))
    }),
    { numRuns: 2000 },
  )
})
