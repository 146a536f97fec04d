import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openLedger, recoverLedger } from '@counterfoil/ledger'
import { formatSignerKey } from '@counterfoil/tlog'
import { nodeCrypto } from '@counterfoil/tlog/node'
import { createGenerator, createRandom } from './generated-events.ts'
import { failedChecks, LedgerFolder } from './ledger-folder.ts'

/** Keys that the environment gives are on no disk: that is why somebody gives them so. */
const signingVariable = 'COUNTERFOIL_SIGNING_KEY_MAIN'
const vaultVariable = 'COUNTERFOIL_VAULT_KEY_MAIN'
const newSigningKey = (origin: string): string => formatSignerKey(nodeCrypto, origin, randomBytes(32))

let folder: LedgerFolder
beforeEach(() => {
  folder = new LedgerFolder()
})
afterEach(() => {
  Reflect.deleteProperty(process.env, signingVariable)
  Reflect.deleteProperty(process.env, vaultVariable)
  folder[Symbol.dispose]()
})

const generate = createGenerator(createRandom(41))
const send = (count: number): Promise<void> =>
  folder.use(async ({ log, principal }) => {
    const events = Array.from({ length: count }, generate)
    const { rejected } = await log.ingest(JSON.stringify(events), { principal, format: 'json' })
    expect(rejected).toEqual([])
  })

const keyFiles = (): string[] => readdirSync(join(folder.data, 'keys')).map((name) => name.replace(/^[0-9a-f]+\./, ''))

/** Puts an older copy in the place of a log that has grown since. */
async function lose(): Promise<void> {
  folder.keep('older')
  await send(3)
  folder.restore('older')
}

const recover = (): ReturnType<typeof recoverLedger> =>
  recoverLedger({ data: folder.data, state: folder.state, log: 'main', acceptLoss: true })

async function loseAndRecover(): Promise<string> {
  await lose()
  return recover().predecessor.log
}

it('a signing key names its log: the first start takes the origin from it, and the key stays off the disk', async () => {
  process.env[signingVariable] = newSigningKey('example.com/audit')
  await send(4)
  await folder.use(({ log }) => expect(log.origin).toBe('example.com/audit'))
  expect(keyFiles()).toEqual(['vault.key'])
  expect(failedChecks(await folder.verify())).toEqual([])
})

it('a key that does not fit or does not parse is refused before anything is made', async () => {
  const open = (origin?: string): Promise<unknown> =>
    openLedger({ data: folder.data, state: folder.state, ...(origin !== undefined && { origin }) })
  process.env[signingVariable] = newSigningKey('example.com/audit')
  await expect(open('example.com/other')).rejects.toMatchObject({ code: 'key_invalid' })
  process.env[vaultVariable] = 'too short'
  await expect(open()).rejects.toMatchObject({ code: 'key_invalid' })
  process.env[signingVariable] = 'garbage'
  await expect(open()).rejects.toMatchObject({ code: 'key_invalid' })
  expect(readdirSync(folder.data, { recursive: true }).filter((name) => String(name).endsWith('.key'))).toEqual([])
})

it('after a loss the closed log is still read with the vault key that it had, time and again', async () => {
  process.env[vaultVariable] = randomBytes(32).toString('base64')
  await send(6)
  const closed = [await loseAndRecover()]
  await send(5)
  closed.push(await loseAndRecover())
  await send(2)
  await folder.use(async ({ ledger, log }) => {
    expect(failedChecks(await log.verify())).toEqual([])
    for (const name of closed) {
      const report = await (await ledger.log(name)).verify()
      expect(failedChecks(report)).toEqual(['head remembered by this machine'])
      expect(report.checks.find((check) => check.name === 'payloads')?.count).toBeGreaterThan(0)
    }
  })
  expect(keyFiles()).toEqual(['signing.key', 'signing.key', 'signing.key'])
})

it('after a loss the successor signs with a key of its own, the variable left as it is', async () => {
  process.env[signingVariable] = newSigningKey('example.com/audit')
  await send(6)
  const closed = await loseAndRecover()
  await send(2)
  await folder.use(async ({ ledger, log }) => {
    expect(log.origin).not.toBe('example.com/audit')
    expect((await ledger.log(closed)).origin).toBe('example.com/audit')
    expect(failedChecks(await log.verify())).toEqual([])
  })
})

it('after a loss a new signing key in the variable makes the origin of the successor', async () => {
  process.env[signingVariable] = newSigningKey('example.com/audit')
  await send(6)
  await lose()
  process.env[signingVariable] = newSigningKey('example.com/audit-2')
  expect(recover().origin).toBe('example.com/audit-2')
  await send(1)
})

it('a vault key that is set for the successor is not taken for that of a closed log with a file', async () => {
  await send(6)
  await lose()
  process.env[vaultVariable] = randomBytes(32).toString('base64')
  const closed = recover().predecessor.log
  await folder.use(async ({ ledger }) => {
    const report = await (await ledger.log(closed)).verify()
    expect(failedChecks(report)).toEqual(['head remembered by this machine'])
  })
})

it.each([
  ['signing', signingVariable, () => newSigningKey('example.com/audit')],
  ['vault', vaultVariable, () => randomBytes(32).toString('base64')],
])('a log whose %s key was only forgotten is not closed', async (_kind, variable, newKey) => {
  const key = newKey()
  process.env[variable] = key
  await send(6)
  Reflect.deleteProperty(process.env, variable)
  expect(recover).toThrow(expect.objectContaining({ code: 'key_missing' }))
  process.env[variable] = key
  await send(1)
  Reflect.deleteProperty(process.env, variable)
  const report = recoverLedger({ data: folder.data, state: folder.state, acceptLoss: true, keyLost: true })
  expect(report.predecessor).toMatchObject({ foundSize: 7, rememberedSize: 7 })
  await send(1)
})
