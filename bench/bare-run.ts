import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** The statements behind one run's report, and nothing else: no JSON, no decryption, no HTTP. */
export interface BareRun extends Disposable {
  readonly runIds: readonly string[]
  /** Reads everything about a run; gives the number of its events. */
  read(runId: string): number
}

export function openBareRun(data: string): BareRun {
  const [folder = ''] = readdirSync(join(data, 'logs'))
  const database = new DatabaseSync(join(data, 'logs', folder, 'log.db'), { readOnly: true })
  const byRun = [
    'SELECT pk, state FROM run JOIN run_state USING (pk) WHERE run_id = ?',
    'SELECT state FROM action JOIN action_state USING (pk) WHERE run = (SELECT pk FROM run WHERE run_id = ?) ORDER BY pk',
  ].map((sql) => database.prepare(sql))
  const ids = database.prepare('SELECT run_id FROM run WHERE run_id >= ? ORDER BY run_id LIMIT 2')
  const events = database.prepare(
    'SELECT idx, block, leaf FROM event WHERE run = (SELECT pk FROM run WHERE run_id = ?) AND idx >= 0 ORDER BY idx LIMIT 2001',
  )
  const block = database.prepare(
    'SELECT sealed, wrapped FROM vault_block JOIN vault_key ON vault_key.id = vault_block.key WHERE vault_block.id = ?',
  )
  const head = database.prepare('SELECT size, root FROM head')
  return {
    runIds: database
      .prepare('SELECT run_id FROM run ORDER BY pk')
      .all()
      .map((row) => String(row['run_id'])),
    read(runId) {
      ids.all(runId)
      for (const statement of byRun) statement.all(runId)
      const rows = events.all(runId)
      for (const number of new Set(rows.map((row) => row['block'])))
        if (number !== null && number !== undefined) block.get(number)
      head.get()
      return rows.length
    },
    [Symbol.dispose]: () => database.close(),
  }
}
