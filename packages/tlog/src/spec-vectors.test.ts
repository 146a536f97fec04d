import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { buildVectors, type Vectors } from '../test/build-vectors.ts'
import { codeOf } from '../test/error-code.ts'
import { decodeBase64, encodeBase64 } from './base64.ts'
import { openCheckpoint } from './checkpoint.ts'
import { verifyConsistency } from './consistency.ts'
import { leafHash } from './hash.ts'
import { verifyInclusion } from './inclusion.ts'
import { nodeCrypto } from './node.ts'
import { createVerifier } from './note-key.ts'
import { openNote } from './note.ts'
import { formatTilePath, parseTilePath } from './tile.ts'
import { verifyTlogProof } from './tlog-proof.ts'
import { createTree } from './tree.ts'
import { webCrypto } from './web.ts'

const specFolder = new URL('../../../spec/', import.meta.url)
const names = ['tlog-tree.json', 'tlog-proofs.json', 'tlog-notes.json', 'tlog-proof-files.json'] as const

function readVectors<N extends keyof Vectors>(name: N): Vectors[N] {
  return JSON.parse(readFileSync(new URL(`vectors/${name}`, specFolder), 'utf8')) as Vectors[N]
}

test.each(names)('%s is what the code makes today', (name) => {
  expect(readVectors(name)).toEqual(JSON.parse(JSON.stringify(buildVectors()[name])))
})

describe.each([
  ['node', nodeCrypto],
  ['web', webCrypto],
])('with the crypto of %s', (_name, crypto) => {
  test('leaves and roots', () => {
    const { leaves, leaf_hashes: hashes, roots } = readVectors('tlog-tree.json')
    const tree = createTree(crypto)
    expect(roots[0]).toBe(encodeBase64(tree.root()))
    leaves.forEach((leaf, i) => {
      const hash = leafHash(crypto, utf8(leaf))
      tree.append(hash)
      expect(encodeBase64(hash)).toBe(hashes[i])
      expect(encodeBase64(tree.root())).toBe(roots[i + 1])
    })
  })

  test('inclusion and consistency proofs', () => {
    const { inclusion, consistency } = readVectors('tlog-proofs.json')
    const outcomes = [
      ...inclusion.map((vector) => {
        const claim = {
          ...vector,
          leafHash: decode(vector.leaf_hash),
          root: decode(vector.root),
          proof: vector.proof.map(decode),
        }
        return [vector.description, codeOf(() => verifyInclusion(crypto, claim)) === 'accepted']
      }),
      ...consistency.map((vector) => {
        const claim = {
          ...vector,
          root1: decode(vector.root1),
          root2: decode(vector.root2),
          proof: vector.proof.map(decode),
        }
        return [vector.description, codeOf(() => verifyConsistency(crypto, claim)) === 'accepted']
      }),
    ]
    expect(outcomes).toEqual([...inclusion, ...consistency].map(({ description, accept }) => [description, accept]))
  })

  test('notes and checkpoints', () => {
    const { notes, checkpoints } = readVectors('tlog-notes.json')
    const outcomes = [...notes, ...checkpoints].map(({ description, note, vkeys, origin }) => {
      const verifiers = vkeys.map((vkey) => createVerifier(crypto, vkey))
      const open = (): unknown =>
        origin === undefined ? openNote(note, verifiers) : openCheckpoint(note, { origin, verifiers })
      return [description, codeOf(open) === 'accepted']
    })
    expect(outcomes).toEqual([...notes, ...checkpoints].map(({ description, accept }) => [description, accept]))
  })

  test('proof files', () => {
    const { proof_files: files } = readVectors('tlog-proof-files.json')
    const outcomes = files.map(({ description, leaf, origin, vkey, file }) => {
      const policy = { origin, verifiers: [createVerifier(crypto, vkey)], leafHash: leafHash(crypto, utf8(leaf)) }
      return [description, codeOf(() => verifyTlogProof(crypto, file, policy)) === 'accepted']
    })
    expect(outcomes).toEqual(files.map(({ description, accept }) => [description, accept]))
  })
})

test('tile paths', () => {
  const { tile_paths: paths, refused_tile_paths: refused } = readVectors('tlog-tree.json')
  expect(paths.map(formatTilePath)).toEqual(paths.map(({ path }) => path))
  expect(paths.map(({ path }) => parseTilePath(path))).toEqual(
    paths.map(({ level, index, width }) => ({ level, index, width })),
  )
  expect(refused.map((path) => codeOf(() => parseTilePath(path)))).toEqual(refused.map(() => 'tile_path_malformed'))
})

describe('log.md', () => {
  const document = readFileSync(new URL('log.md', specFolder), 'utf8')
  const [example] = readVectors('tlog-proof-files.json').proof_files
  const codeBlocks = [...document.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language, body]) => ({
    language,
    body,
  }))

  test('shows the bytes of the vectors', () => {
    expect(codeBlocks.map(({ body }) => body)).toContain(example?.file)
    expect(codeBlocks.map(({ body }) => body)).toContain(`${example?.leaf}\n`)
    expect(codeBlocks.map(({ body }) => body)).toContain(`${example?.vkey}\n`)
  })

  test('its program prints what it says, with no code of ours', () => {
    const [program] = codeBlocks.filter(({ language }) => language === 'js')
    const [output] = codeBlocks.filter(({ language }) => language === 'out')
    const folder = mkdtempSync(join(tmpdir(), 'counterfoil-log-md-'))
    try {
      writeFileSync(join(folder, 'leaf.json'), example?.leaf ?? '')
      writeFileSync(join(folder, 'leaf.tlog-proof'), example?.file ?? '')
      writeFileSync(join(folder, 'verify.mjs'), program?.body ?? '')
      const printed = execFileSync(process.execPath, ['verify.mjs'], { cwd: folder, encoding: 'utf8' })
      expect(printed).toBe(output?.body)
      expect(printed).not.toContain('false')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function decode(text: string): Uint8Array {
  const bytes = decodeBase64(text)
  if (bytes === undefined) throw new Error(`not base64: ${text}`)
  return bytes
}
