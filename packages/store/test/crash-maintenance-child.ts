// Erases, rebuilds and makes logs over and over, until it is killed. Started by crash-maintenance.test.ts:
//   crash-maintenance-child.ts <data> <state> <seed>
import { writeSync } from 'node:fs'
import { openLedger } from '@counterfoil/ledger'
import { createGenerator, createRandom } from './generated-events.ts'

const [data = '', state = '', seed = '1'] = process.argv.slice(2)
const principal = { keyId: 'local', log: 'main', scopes: ['admin'] } as const
const random = createRandom(Number(seed))
const ledger = await openLedger({ data, state })
const log = await ledger.log('main')

function print(line: object): void {
  writeSync(1, `${JSON.stringify(line)}\n`)
}

for (let turn = 0; ; turn += 1) {
  // A new generator has new runs: what was erased before stays erased.
  const next = createGenerator(random, 2)
  const events = Array.from({ length: 40 }, next)
  await log.ingest(JSON.stringify(events), { principal, format: 'json' })
  const runId = events.find((event) => typeof event['run_id'] === 'string')?.['run_id'] as string
  const erasing = log.erase({ runId }, { actorId: 'officer', reasonCode: 'erasure_request' })
  const rebuilding = log.rebuild()
  await erasing
  print({ erased: runId })
  await rebuilding
  const name = `log-${seed}-${turn}`
  await ledger.createLog(name)
  print({ made: name })
}
