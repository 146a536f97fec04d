import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { findSharedData } from '../../../test/shared-data.ts'
import { codeOf } from '../test/error-code.ts'
import { decodeBase64 } from './base64.ts'
import { verifyInclusion } from './inclusion.ts'
import { nodeCrypto } from './node.ts'
import { webCrypto } from './web.ts'

interface Vector {
  readonly leafIdx: number
  readonly treeSize: number
  readonly root: string
  readonly leafHash: string
  readonly proof: readonly string[] | null
  readonly wantErr: boolean
}

const folder = findSharedData('merkle-proofs')

describe.runIf(folder !== undefined)('the inclusion proofs of transparency-dev/merkle', () => {
  test.each([nodeCrypto, webCrypto])('6 are accepted and 92 refused', (crypto) => {
    const root = join(folder ?? '', 'inclusion')
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.json'))
    const wrong: string[] = []
    const counts = { accepted: 0, refused: 0 }
    for (const file of files) {
      const vector = JSON.parse(readFileSync(join(root, file), 'utf8')) as Vector
      const outcome = codeOf(() => {
        verifyInclusion(crypto, {
          index: vector.leafIdx,
          size: vector.treeSize,
          root: decode(vector.root),
          leafHash: decode(vector.leafHash),
          proof: (vector.proof ?? []).map(decode),
        })
      })
      counts[outcome === 'accepted' ? 'accepted' : 'refused']++
      if ((outcome === 'accepted') === vector.wantErr) wrong.push(`${file}: ${outcome}`)
    }
    expect(wrong).toEqual([])
    expect(counts).toEqual({ accepted: 6, refused: 92 })
  })
})

function decode(text: string): Uint8Array {
  const bytes = decodeBase64(text)
  if (bytes === undefined) throw new Error(`not base64: ${text}`)
  return bytes
}
