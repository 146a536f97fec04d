import { encodeBase64 } from '../src/base64.ts'
import { formatCheckpoint, signCheckpoint } from '../src/checkpoint.ts'
import { leafHash } from '../src/hash.ts'
import { createSigner, nodeCrypto as crypto } from '../src/node.ts'
import { formatNote, parseNote, signNote } from '../src/note.ts'
import { createProver, type Prover } from '../src/prover.ts'
import { formatTilePath } from '../src/tile.ts'
import { formatTlogProof } from '../src/tlog-proof.ts'
import { createTree } from '../src/tree.ts'

/** An inclusion proof as it stands in `tlog-proofs.json`; hashes are base64. */
interface InclusionVector {
  readonly description: string
  readonly index: number
  readonly size: number
  readonly leaf_hash: string
  readonly root: string
  readonly proof: readonly string[]
  readonly accept: boolean
}

/** A consistency proof as it stands in `tlog-proofs.json`; hashes are base64. */
interface ConsistencyVector {
  readonly description: string
  readonly size1: number
  readonly root1: string
  readonly size2: number
  readonly root2: string
  readonly proof: readonly string[]
  readonly accept: boolean
}

/** A signed text as it stands in `tlog-notes.json`; `origin` stands on checkpoints only. */
interface NoteVector {
  readonly description: string
  readonly note: string
  readonly vkeys: readonly string[]
  readonly origin?: string
  readonly accept: boolean
}

/** A proof file as it stands in `tlog-proof-files.json`. */
interface ProofFileVector {
  readonly description: string
  readonly leaf: string
  readonly origin: string
  readonly vkey: string
  readonly file: string
  readonly accept: boolean
}

/** Everything under `spec/vectors/tlog-*.json`, by file name without folder. */
export interface Vectors {
  readonly 'tlog-tree.json': {
    readonly leaves: readonly string[]
    readonly leaf_hashes: readonly string[]
    readonly roots: readonly string[]
    readonly tile_paths: readonly {
      readonly level: number
      readonly index: number
      readonly width: number
      readonly path: string
    }[]
    readonly refused_tile_paths: readonly string[]
  }
  readonly 'tlog-proofs.json': {
    readonly inclusion: readonly InclusionVector[]
    readonly consistency: readonly ConsistencyVector[]
  }
  readonly 'tlog-notes.json': { readonly notes: readonly NoteVector[]; readonly checkpoints: readonly NoteVector[] }
  readonly 'tlog-proof-files.json': { readonly proof_files: readonly ProofFileVector[] }
}

const origin = 'log.example/t/7f3c'
// Test keys: 32 times one byte.
const signer = createSigner(origin, new Uint8Array(32).fill(1))
const witness = createSigner('witness.example/w1', new Uint8Array(32).fill(2))
const types = [
  'run_created',
  'retrieval_completed',
  'decision_proposed',
  'tool_called',
  'tool_completed',
  'run_completed',
]

/** Makes all vectors; the same every time. */
export function buildVectors(): Vectors {
  const leaves = Array.from({ length: 7 }, (_, i) => exampleLeaf(i))
  const hashes = leaves.map((leaf) => leafHash(crypto, new TextEncoder().encode(leaf)))
  const tree = createTree(crypto)
  const roots = [tree.root()]
  for (const hash of hashes) {
    tree.append(hash)
    roots.push(tree.root())
  }
  const provers = roots.map((_, size) =>
    createProver(crypto, size, ({ width }) => Buffer.concat(hashes.slice(0, width))),
  )
  return {
    'tlog-tree.json': {
      leaves,
      leaf_hashes: hashes.map(encodeBase64),
      roots: roots.map(encodeBase64),
      tile_paths: [
        { level: 0, index: 0, width: 256 },
        { level: 0, index: 0, width: 7 },
        { level: 1, index: 999, width: 255 },
        { level: 63, index: 1_234_067, width: 1 },
        { level: 2, index: 1000, width: 256 },
      ].map((tile) => ({ ...tile, path: formatTilePath(tile) })),
      refused_tile_paths: [
        'tile/64/000',
        'tile/00/000',
        'tile/0/1',
        'tile/0/x000/001',
        'tile/0/000.p/0',
        'tile/0/000.p/256',
        'tile/0/000.p/07',
        'tile/0/000/',
      ],
    },
    'tlog-proofs.json': {
      inclusion: inclusionVectors(hashes, roots, provers),
      consistency: consistencyVectors(roots, provers),
    },
    'tlog-notes.json': { notes: noteVectors(), checkpoints: checkpointVectors(roots) },
    'tlog-proof-files.json': { proof_files: proofFileVectors(leaves, roots, provers) },
  }
}

function exampleLeaf(index: number): string {
  const run = index < 6 ? '01890a5d-ac96-774b-bcce-b302099a8057' : '01890a5d-ac96-774b-bcce-b302099a8058'
  return JSON.stringify({
    schema_version: '1.0',
    event_id: `01890a5d-ac96-774b-bcce-b302099a9${String(index).padStart(3, '0')}`,
    event_type: types[index % 6],
    run_id: run,
    run_seq: index % 6,
    log: origin,
    index,
    recorded_at: `2026-01-02T03:04:05.00${index}Z`,
  })
}

function inclusionVectors(
  hashes: readonly Uint8Array[],
  roots: readonly Uint8Array[],
  provers: readonly Prover[],
): InclusionVector[] {
  const vectors: InclusionVector[] = []
  for (const [size, prover] of provers.entries()) {
    for (let index = 0; index < size; index++) {
      vectors.push({
        description: `leaf ${index} of ${size}`,
        index,
        size,
        leaf_hash: base64At(hashes, index),
        root: base64At(roots, size),
        proof: prover.inclusion(index).map(encodeBase64),
        accept: true,
      })
    }
  }
  const good = vectors.find(({ index, size }) => index === 2 && size === 7)
  if (good === undefined) throw new Error('no proof to damage')
  const refused = { ...good, accept: false }
  const [first = '', ...others] = good.proof
  return [
    ...vectors,
    { ...refused, description: 'another index', index: 3 },
    { ...refused, description: 'an index beyond the tree', index: 7 },
    { ...refused, description: 'the index plus 2^32', index: 2 + 2 ** 32 },
    { ...refused, description: 'a size with other levels', size: 14 },
    { ...refused, description: 'another leaf', leaf_hash: base64At(hashes, 3) },
    { ...refused, description: 'the root of another size', root: base64At(roots, 6) },
    { ...refused, description: 'a hash cut', proof: others },
    { ...refused, description: 'a hash doubled', proof: [first, ...good.proof] },
    { ...refused, description: 'the root added', proof: [...good.proof, good.root] },
    { ...refused, description: 'the hashes in another order', proof: good.proof.toReversed() },
    { ...refused, description: 'the root as leaf with an empty proof', leaf_hash: good.root, proof: [] },
  ]
}

function consistencyVectors(roots: readonly Uint8Array[], provers: readonly Prover[]): ConsistencyVector[] {
  const vectors: ConsistencyVector[] = []
  for (const [size2, prover] of provers.entries()) {
    for (let size1 = 1; size1 <= size2; size1++) {
      vectors.push({
        description: `${size1} to ${size2}`,
        size1,
        root1: base64At(roots, size1),
        size2,
        root2: base64At(roots, size2),
        proof: prover.consistency(size1).map(encodeBase64),
        accept: true,
      })
    }
  }
  const good = vectors.find(({ size1, size2 }) => size1 === 3 && size2 === 7)
  if (good === undefined) throw new Error('no proof to damage')
  const refused = { ...good, accept: false }
  const [first = '', ...others] = good.proof
  const empty = { size1: 0, root1: base64At(roots, 0) }
  return [
    ...vectors,
    { ...refused, description: 'the empty tree as the older one', ...empty, proof: [] },
    { ...refused, description: 'another older size', size1: 4 },
    { ...refused, description: 'sizes swapped', size1: 7, size2: 3 },
    { ...refused, description: 'roots swapped', root1: good.root2, root2: good.root1 },
    { ...refused, description: 'a rewritten older tree', root1: base64At(roots, 2) },
    { ...refused, description: 'a rewritten newer tree', root2: base64At(roots, 6) },
    { ...refused, description: 'a hash cut', proof: others },
    { ...refused, description: 'a hash doubled', proof: [first, ...good.proof] },
    { ...refused, description: 'no hashes', proof: [] },
    { ...refused, description: 'equal sizes with a hash', size1: 7, root1: good.root2, proof: [first] },
    { ...refused, description: 'equal sizes with two roots', size1: 7, proof: [] },
  ]
}

function noteVectors(): NoteVector[] {
  const text = 'A text of two lines.\nThe second one.\n'
  const note = signNote(text, [signer])
  const both = signNote(text, [signer, witness])
  const { signatures } = parseNote(note)
  const damaged = signatures.map((line) => ({
    ...line,
    signature: line.signature.map((byte, i) => (i === 5 ? byte ^ 1 : byte)),
  }))
  const vector = (description: string, input: string, accept: boolean, vkeys = [signer.vkey]): NoteVector => ({
    description,
    note: input,
    vkeys,
    accept,
  })
  return [
    vector('one signature', note, true),
    vector('two known keys', both, true, [witness.vkey, signer.vkey]),
    vector('a signature of an unknown key beside', both, true),
    vector('the same line twice', note + note.slice(text.length + 1), true),
    vector('no known key', note, false, [witness.vkey]),
    vector('another text', note.replace('two', 'six'), false),
    vector(
      'an invalid signature of a known key beside a valid one',
      formatNote({ text, signatures: [...signatures, ...damaged] }),
      false,
    ),
    vector('line ends of Windows', note.replaceAll('\n', '\r\n'), false),
    vector('an empty line at the end', `${note}\n`, false),
    vector('no newline at the end', note.slice(0, -1), false),
    vector('a line after the signatures', `${note}more\n`, false),
    vector('base64 without padding', note.replace(/=+\n$/, '\n'), false),
    vector('a space after the signature', note.replace(/\n$/, ' \n'), false),
    vector('a hyphen instead of the em dash', note.replace('\u2014', '-'), false),
    vector('a control character in the text', note.replace('two', 't\u0007o'), false),
    vector('no signature', `${text}\n`, false),
  ]
}

function checkpointVectors(roots: readonly Uint8Array[]): NoteVector[] {
  const checkpoint = { origin, size: 7, root: roots[7] ?? new Uint8Array() }
  const text = formatCheckpoint(checkpoint)
  const vector = (description: string, input: string, accept: boolean): NoteVector => ({
    description,
    note: input,
    vkeys: [signer.vkey],
    origin,
    accept,
  })
  const resigned = (changed: string): string => signNote(changed, [signer])
  return [
    ...roots.map((root, size) => vector(`size ${size}`, signCheckpoint({ origin, size, root }, [signer]), true)),
    vector('with an extension line', resigned(`${text}extension\n`), true),
    vector('of another log, same key', resigned(text.replace(origin, 'log.example/t/other')), false),
    vector('size with a leading zero', resigned(text.replace('\n7\n', '\n07\n')), false),
    vector('size with a sign', resigned(text.replace('\n7\n', '\n+7\n')), false),
    vector(
      'root of 31 bytes',
      resigned(text.replace(encodeBase64(checkpoint.root), encodeBase64(checkpoint.root.subarray(1)))),
      false,
    ),
    vector('root without padding', resigned(text.replace('=\n', '\n')), false),
    vector('an empty tree with a root of seven leaves', resigned(text.replace('\n7\n', '\n0\n')), false),
    vector('an empty line', resigned(`${text}\n`), false),
    vector('two lines only', resigned(`${origin}\n7\n`), false),
    vector('signed as size 6', signCheckpoint(checkpoint, [signer]).replace('\n7\n', '\n6\n'), false),
  ]
}

function proofFileVectors(
  leaves: readonly string[],
  roots: readonly Uint8Array[],
  provers: readonly Prover[],
): ProofFileVector[] {
  const [index, size] = [2, 7]
  const [leaf = '', other = ''] = leaves.slice(index)
  const proof = provers[size]?.inclusion(index) ?? []
  const checkpoint = signCheckpoint({ origin, size, root: roots[size] ?? new Uint8Array() }, [signer])
  const file = formatTlogProof({ index, proof, checkpoint })
  const extra = new TextEncoder().encode(leaf)
  const base = { leaf, origin, vkey: signer.vkey, file, accept: false }
  return [
    { ...base, description: 'the worked example of log.md', accept: true },
    {
      ...base,
      description: 'with extra data',
      file: formatTlogProof({ index, proof, checkpoint, extra }),
      accept: true,
    },
    { ...base, description: 'another leaf', leaf: other },
    { ...base, description: 'the leaf written again with a space', leaf: leaf.replace(':', ': ') },
    { ...base, description: 'another index', file: file.replace('index 2', 'index 3') },
    { ...base, description: 'an index with a leading zero', file: file.replace('index 2', 'index 02') },
    { ...base, description: 'another log', origin: 'log.example/t/other' },
    { ...base, description: 'another key', vkey: createSigner(origin, new Uint8Array(32).fill(3)).vkey },
    { ...base, description: 'a size that was not signed', file: file.replace('\n7\n', '\n8\n') },
    {
      ...base,
      description: 'two hashes swapped',
      file: formatTlogProof({ index, proof: proof.toReversed(), checkpoint }),
    },
    { ...base, description: 'an empty extra line', file: file.replace('index', 'extra \nindex') },
    { ...base, description: 'line ends of Windows', file: file.replaceAll('\n', '\r\n') },
    { ...base, description: 'another version', file: file.replace('@v1', '@v2') },
  ]
}

function base64At(hashes: readonly Uint8Array[], index: number): string {
  return encodeBase64(hashes[index] ?? new Uint8Array())
}
