import { spawnSync } from 'node:child_process'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { openSqliteStore } from '../src/drivers/sqlite/sqlite-store.ts'
import { batch, prepare } from '../src/contract/events.ts'
import { filesUnder } from './files-under.ts'
import { sleep } from './crash-rounds.ts'
import { LedgerFolder } from './ledger-folder.ts'

const childFile = fileURLToPath(new URL('./erase-child.ts', import.meta.url))

/** A log with two runs of one payload each. */
async function makeLog(folder: LedgerFolder): Promise<void> {
  await using store = await openSqliteStore({ data: folder.data, state: folder.state })
  await store.createLog('main')
  for (const runId of ['r1', 'r2']) {
    const event = prepare({ event_type: 'run_created', run_id: runId, run_seq: 0 }, { payload: { text: runId } })
    await store.append('main', batch([event]))
  }
}

/** What erasure has to destroy: the wrapped key of a run and its sealed block. */
function secretsOf(folder: LedgerFolder, runId: string): Buffer[] {
  const database = new DatabaseSync(folder.databasePath(), { readOnly: true })
  try {
    const row = database
      .prepare(
        'SELECT wrapped, sealed FROM vault_key JOIN vault_block ON vault_block.key = vault_key.id JOIN run ON run.pk = vault_key.run WHERE run_id = ?',
      )
      .get(runId)
    return [row?.['wrapped'], row?.['sealed']].map((bytes) => Buffer.from(bytes as Uint8Array))
  } finally {
    database.close()
  }
}

/** The files that hold one of these, by the end of their names. */
function filesHolding(folder: LedgerFolder, secrets: readonly Buffer[]): string[] {
  return filesUnder(folder.data)
    .filter(({ bytes }) => secrets.some((one) => bytes.includes(one)))
    .map(({ file }) => basename(file))
}

it('what a killed process had erased is out of all files once the log is open again', async () => {
  using folder = new LedgerFolder()
  await makeLog(folder)
  const secrets = secretsOf(folder, 'r1')
  const child = spawnSync(
    process.execPath,
    ['--conditions=@counterfoil/source', childFile, folder.data, folder.state, 'r1'],
    { encoding: 'utf8' },
  )
  expect([child.signal, child.stderr]).toEqual(['SIGKILL', ''])
  expect(filesHolding(folder, secrets)).not.toEqual([])
  await using store = await openSqliteStore({ data: folder.data, state: folder.state })
  expect(filesHolding(folder, secrets)).toEqual([])
  expect((await store.runEvents('main', 'r1', { payloads: true })).map(({ payload }) => payload?.state)).toEqual([
    'erased',
    undefined,
  ])
  expect(filesHolding(folder, secretsOf(folder, 'r2'))).not.toEqual([])
})

it('an erasure is not done before the readers that held its pages are', async () => {
  using folder = new LedgerFolder()
  await makeLog(folder)
  const secrets = secretsOf(folder, 'r1')
  await using store = await openSqliteStore({ data: folder.data, state: folder.state })
  const late = prepare({ event_type: 'run_completed', run_id: 'r1', run_seq: 1 }, { payload: { text: 'late' } })
  await store.append('main', batch([late]))
  secrets.push(...secretsOf(folder, 'r1'))
  const reader = new DatabaseSync(folder.databasePath(), { readOnly: true })
  reader.exec('BEGIN')
  reader.prepare('SELECT size FROM head').get()
  let done = false
  const erasing = store.erase('main', { runId: 'r1', actorId: 'officer', reasonCode: 'request' }).then((report) => {
    done = true
    return report
  })
  while ((await store.head('main')).size < 4) await sleep(5)
  // Longer than one attempt takes.
  await sleep(1_500)
  expect(done).toBe(false)
  expect(filesHolding(folder, secrets)).not.toEqual([])
  reader.close()
  expect((await erasing).events).toBe(2)
  expect(filesHolding(folder, secrets)).toEqual([])
})
