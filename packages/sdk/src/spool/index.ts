export { listDeadLetters, retryDeadLetters, type DeadLetter } from './dead-letters.ts'
export { listSpool, type SpoolFolder } from './list-spool.ts'
export { forgetLogs, listRememberedLogs, type RememberedLog } from '../witness/remembered-log.ts'
