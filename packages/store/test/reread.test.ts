import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LedgerFolder } from './ledger-folder.ts'
import { batchOf, commitTo, openLogFile } from './open-log-file.ts'

let folder: LedgerFolder
beforeEach(async () => {
  folder = new LedgerFolder()
  await folder.use(() => undefined)
})
afterEach(() => folder[Symbol.dispose]())

describe('an entry that the database holds otherwise than it was written', () => {
  it.each([
    ['a changed byte', `UPDATE event SET leaf = CAST(replace(leaf, 'webhook', 'Webhook') AS BLOB) WHERE idx = new.idx`],
    ['a cut end', 'UPDATE event SET leaf = substr(leaf, 1, length(leaf) - 1) WHERE idx = new.idx'],
    ['another place', 'UPDATE event SET idx = idx + 1000 WHERE idx = new.idx'],
    ['no row', 'DELETE FROM event WHERE idx = new.idx'],
  ])('is never signed: %s', (_what, change) => {
    using file = openLogFile(folder)
    const before = commitTo(file, batchOf(3))[0]
    const { head } = file
    // A disk or a memory that lies, in the middle of a batch.
    const trigger = `CREATE TRIGGER lie AFTER INSERT ON event WHEN new.idx = 5 BEGIN ${change}; END`
    file.maintain((database) => database.exec(trigger))
    expect(() => commitTo(file, batchOf(400))).toThrow(expect.objectContaining({ code: 'head_mismatch' }))
    expect(file.head).toEqual(head)
    file.maintain((database) => database.exec('DROP TRIGGER lie'))
    expect(commitTo(file, batchOf(2))[0]?.size).toBe((before?.size ?? 0) + 2)
  })
})
