// Opens a ledger and does one thing, in a process whose rights or limits the test has set:
//   fault-child.ts <data> <state> <open | append | fill>
// Prints one line of JSON: what happened.
import { openLedger } from '@counterfoil/ledger'
import { createGenerator, createRandom } from './generated-events.ts'

const [data = '', state = '', task = 'open'] = process.argv.slice(2)
const principal = { keyId: 'local', log: 'main', scopes: ['admin'] } as const
const next = createGenerator(createRandom(17), 3)
const batch = (count: number): string => JSON.stringify(Array.from({ length: count }, next))

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}

async function run(): Promise<object> {
  const ledger = await openLedger({ data, state })
  const log = await ledger.log('main')
  const acked: string[] = []
  const codes: string[] = []
  const attempts = task === 'open' ? 0 : task === 'append' ? 1 : 400
  for (let attempt = 0; attempt < attempts && codes.length < 3; attempt += 1) {
    try {
      const report = await log.ingest(batch(20), { principal, format: 'json' })
      acked.push(...report.acks.map((ack) => ack.event_id))
    } catch (error) {
      codes.push(codeOf(error))
    }
  }
  await ledger[Symbol.asyncDispose]()
  return { code: 'opened', codes, acked }
}

let result: object
try {
  result = await run()
} catch (error) {
  result = { code: codeOf(error), message: error instanceof Error ? error.message : '' }
}
process.stdout.write(`${JSON.stringify(result)}\n`)
