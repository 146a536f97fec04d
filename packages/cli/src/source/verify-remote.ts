import { createTree, equalHashes, leafHash, openCheckpoint, TlogError } from '@counterfoil/tlog'
import { createVerifier, nodeCrypto } from '@counterfoil/tlog/node'
import type { Source, Verification } from './source.ts'

const unchecked = [
  'payloads, projections, tiles and older checkpoints: they lie with the server; run verify on its data directory',
  'that the end was not cut: the server says itself how large the log is; compare with a checkpoint that you kept',
]

/**
 * Verifies a log without trusting its server: fetches every entry, hashes it, builds the tree, and checks that the
 * signed checkpoint signs exactly this tree.
 */
export async function verifyRemote(
  source: Source,
  onProgress: (done: number, total: number) => void,
): Promise<Verification> {
  const { size, origin, vkey, checkpoint } = await source.report()
  const tree = createTree(nodeCrypto)
  let firstBad: string | undefined
  const ending = new AbortController()
  if (size > 0) {
    for await (const { index, leaf } of source.tail({ from: 0, query: '', signal: ending.signal })) {
      if (index !== tree.size) {
        firstBad = `entry ${tree.size} is missing`
        break
      }
      if (!saysIndex(leaf, index)) firstBad ??= `entry ${index} does not say that it is entry ${index}`
      tree.append(leafHash(nodeCrypto, Buffer.from(leaf)))
      if (tree.size % 1_000 === 0) onProgress(tree.size, size)
      if (tree.size >= size) break
    }
    ending.abort()
  }
  const root = tree.root()
  const badSignature = size === 0 ? undefined : checkSigned({ note: checkpoint ?? '', origin, vkey, size, root })
  const checks = [
    {
      name: 'leaves',
      ok: firstBad === undefined,
      count: tree.size,
      ...(firstBad !== undefined && { first_bad: firstBad }),
    },
    {
      name: 'checkpoint',
      ok: badSignature === undefined,
      count: size === 0 ? 0 : 1,
      ...(badSignature !== undefined && { first_bad: badSignature }),
    },
  ]
  return {
    ok: checks.every(({ ok }) => ok),
    size,
    root: Buffer.from(root).toString('hex'),
    checks,
    unchecked: [...unchecked],
  }
}

function saysIndex(leaf: string, index: number): boolean {
  try {
    return (JSON.parse(leaf) as { index?: unknown }).index === index
  } catch {
    return false
  }
}

function checkSigned(signed: {
  note: string
  origin: string
  vkey: string
  size: number
  root: Uint8Array
}): string | undefined {
  try {
    const opened = openCheckpoint(signed.note, { origin: signed.origin, verifiers: [createVerifier(signed.vkey)] })
    if (opened.size !== signed.size)
      return `the checkpoint signs ${opened.size} entries, the server says ${signed.size}`
    if (equalHashes(opened.root, signed.root)) return undefined
    return `the checkpoint of size ${signed.size} signs another root than its entries give: an entry below ${signed.size} was changed`
  } catch (error) {
    if (!(error instanceof TlogError)) throw error
    return `the checkpoint is not signed by the key of this log (${error.code})`
  }
}
