// Erases a run and is killed before the write-ahead log is emptied. Started by erase-traces.test.ts:
//   erase-child.ts <data> <state> <run id>
import { LedgerFolder } from './ledger-folder.ts'
import { openLogFile } from './open-log-file.ts'

const [data = '', state = '', runId = ''] = process.argv.slice(2)
// The writer without its threads: nobody else moves the write-ahead log.
const file = openLogFile(Object.create(LedgerFolder.prototype) as LedgerFolder, { data, state })
file.erase({ runId, actorId: 'officer', reasonCode: 'erasure_request' })
process.kill(process.pid, 'SIGKILL')
