import { signCheckpoint } from '../src/checkpoint.ts'
import { createSigner, createVerifier, nodeCrypto } from '../src/node.ts'
import { rootOfTiles } from '../src/root.ts'
import { createTileLog } from './tile-log.ts'

export const origin = 'log.example/a'
export const signer = createSigner(origin, new Uint8Array(32).fill(1))
export const policy = { origin, verifiers: [createVerifier(signer.vkey)] }
export const log = createTileLog(nodeCrypto, 300)
export const size = 11
export const checkpoint = { origin, size, root: rootOfTiles(nodeCrypto, size, log.readTile) }
export const signed = signCheckpoint(checkpoint, [signer])
/** The last line of `signed`; said twice, it is the one mutant that stays valid. */
export const signatureLine = `${signed.split('\n').at(-2) ?? ''}\n`
