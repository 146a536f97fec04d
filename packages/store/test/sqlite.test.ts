import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeEventStore } from '../src/contract.ts'
import { openSqliteStore } from '../src/drivers/sqlite/sqlite-store.ts'

describeEventStore('logs in SQLite', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'counterfoil-store-'))
  const options = { data: join(folder, 'data'), state: join(folder, 'state') }
  const first = await openSqliteStore(options)
  let store = first
  return {
    store: first,
    settleText: () => store.settleText(),
    reopen: async () => {
      await store[Symbol.asyncDispose]()
      store = await openSqliteStore(options)
      return store
    },
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
})
