/** C2SP tlog-proof files verified offline: the signature, the inclusion proof, and the hash of the leaf at hand. */
import {
  createTree,
  formatTlogProof,
  leafHash,
  makeInclusionProof,
  signCheckpoint,
  verifyTlogProof,
} from '@counterfoil/tlog'
import { createSigner, createVerifier, nodeCrypto } from '@counterfoil/tlog/node'
import { generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto'
import { rowOf, sized, type Row, type SuiteOptions } from '../row.ts'
import { makeBatches, rowsOf } from '../workload.ts'

const rounds = 5
const tileHashes = 256

export function run(options: SuiteOptions): Promise<Row[]> {
  const origin = 'counterfoil.example/bench'
  const signer = createSigner(origin, randomBytes(32))
  const verifiers = [createVerifier(signer.vkey)]
  const receipts = makeReceipts(sized(options, 70_000), origin, signer)
  const raw = generateKeyPairSync('ed25519')
  const message = Buffer.from(`${origin}\n70000\n${'A'.repeat(43)}=\n`)
  const signature = sign(null, message, raw.privateKey)
  const [verified, limit]: [number[], number[]] = [[], []]
  for (let round = 0; round < rounds; round += 1) {
    verified.push(
      perCore(receipts.length, () => {
        for (const { file, leaf } of receipts) {
          verifyTlogProof(nodeCrypto, file, { origin, verifiers, leafHash: leafHash(nodeCrypto, leaf) })
        }
      }),
    )
    limit.push(
      perCore(receipts.length, () => {
        for (let at = 0; at < receipts.length; at += 1) {
          if (!verify(null, message, raw.publicKey, signature)) throw new Error('a good signature was refused')
        }
      }),
    )
  }
  return Promise.resolve([
    rowOf(`receipts of ${receipts[0]?.file.length ?? 0} B verified offline`, 'receipts/s per core', verified, {
      limitName: 'Ed25519 verify alone',
      limit,
      target: { atLeast: 5_000 },
    }),
  ])
}

function perCore(items: number, work: () => void): number {
  const cpu = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(cpu)
  return (items * 1e6) / (user + system)
}

/** Receipts spread over a tree, each with its leaf, under one checkpoint. */
function makeReceipts(
  size: number,
  origin: string,
  signer: ReturnType<typeof createSigner>,
): { file: string; leaf: Uint8Array }[] {
  const tree = createTree(nodeCrypto)
  const tiles = new Map<string, Uint8Array[]>()
  const leaves: Uint8Array[] = []
  for (const batch of makeBatches(size))
    for (const { leaf } of rowsOf(batch, leaves.length)) {
      leaves.push(leaf)
      tree.append(leafHash(nodeCrypto, leaf), (level, position, hash) => {
        const key = `${level}/${Math.floor(position / tileHashes)}`
        tiles.set(key, [...(tiles.get(key) ?? []), hash])
      })
    }
  const checkpoint = signCheckpoint({ origin, size: tree.size, root: tree.root() }, [signer])
  const readTile = ({ level, index, width }: { level: number; index: number; width: number }): Uint8Array =>
    Buffer.concat((tiles.get(`${level}/${index}`) ?? []).slice(0, width))
  return Array.from({ length: 2_000 }, (_, at) => {
    const index = (at * 7_919) % tree.size
    const proof = makeInclusionProof(nodeCrypto, index, tree.size, readTile)
    const leaf = leaves[index] ?? new Uint8Array()
    return { file: formatTlogProof({ index, proof, checkpoint, extra: leaf }), leaf }
  })
}
