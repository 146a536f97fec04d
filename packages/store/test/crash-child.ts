// Opens a ledger and sends to it as fast as it can, until it is killed. Started by crash-rounds.ts:
//   crash-child.ts <data> <state> <sent folder> <seed> <after-commit | before-commit>
// Every acknowledgement goes to standard output (a file) by a synchronous write, so that it survives the kill.
import { appendFileSync, readdirSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { openLedger } from '@counterfoil/ledger'
import { createGenerator, createRandom } from './generated-events.ts'

const [data = '', state = '', sentFolder = '', seed = '1', acknowledge = 'after-commit'] = process.argv.slice(2)
const random = createRandom(Number(seed))
const next = createGenerator(random, 6)
const principal = { keyId: 'local', log: 'main', scopes: ['admin'] } as const
const sentFile = join(sentFolder, `${seed.padStart(8, '0')}.ndjson`)

// What the generation before sent and perhaps never had acknowledged: it is sent again first.
const before = readdirSync(sentFolder)
  .toSorted()
  .slice(-1)
  .flatMap((name) => readFileSync(join(sentFolder, name), 'utf8').split('\n'))
  .filter((line) => line.endsWith(']'))
const mine: string[] = []

const ledger = await openLedger({ data, state })
const log = await ledger.log('main')

function print(line: object): void {
  writeSync(1, `${JSON.stringify(line)}\n`)
}

function takeBatch(): string {
  const again = before.pop()
  if (again !== undefined) return again
  const repeated = random(10) === 0 ? mine[random(mine.length)] : undefined
  if (repeated !== undefined) return repeated
  const size = random(3) === 0 ? 1 + random(80) : 1 + random(12)
  const batch = JSON.stringify(Array.from({ length: size }, next))
  appendFileSync(sentFile, `${batch}\n`)
  mine.push(batch)
  return batch
}

async function send(): Promise<never> {
  for (;;) {
    const batch = takeBatch()
    if (acknowledge === 'before-commit') {
      // What a careless server does: it says "stored" and then stores.
      const ids = (JSON.parse(batch) as { event_id: string }[]).map((event) => event.event_id)
      print({ acks: ids.map((eventId) => ({ event_id: eventId })) })
    }
    const report = await log.ingest(batch, { principal, format: 'json' })
    if (report.rejected.length > 0) throw new Error(JSON.stringify(report.rejected[0]))
    if (acknowledge === 'after-commit') print({ acks: report.acks, checkpoint: report.checkpoint })
  }
}

await Promise.all([send(), send(), send(), send()])
