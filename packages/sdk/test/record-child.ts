// Records in a process of its own, in the way that its first argument names. Started by tests:
//   record-child.ts <way> <spool> <url or data directory> <key>
// Every event that is safe here goes to standard output by a synchronous write, so that it survives a kill.
import { writeSync } from 'node:fs'
import { createRedactor } from '@counterfoil/schema/redact'
import { createOutbox } from '../src/outbox/create-outbox.ts'
import type { Outbox } from '../src/outbox/outbox.ts'
import { HttpTransport } from '../src/transport/http-transport.ts'
import { LedgerTransport } from '../src/transport/ledger-transport.ts'

const [way = '', spool = '', place = '', key = ''] = process.argv.slice(2)
const transport = place.startsWith('http')
  ? new HttpTransport({ url: place, key, requestTimeoutMs: 5_000 })
  : new LedgerTransport({ data: place })
const outbox = createOutbox({
  transport,
  spool,
  redactor: createRedactor(),
  closeWithinMs: 60_000,
  onProblem: () => undefined,
})
const run = `run-of-${outbox.instance}`
let count = 0

function say(line: object): void {
  writeSync(1, `${JSON.stringify(line)}\n`)
}

function record(payload?: string): ReturnType<Outbox['record']> {
  return outbox.record({
    event_type: 'input_resolved',
    run_id: run,
    run_seq: count++,
    payload: { text: 'x'.repeat((count * 37) % 900), ...(payload !== undefined && { password: payload }) },
  })
}

/** Until somebody kills it. */
async function forever(): Promise<void> {
  for (;;) {
    const burst = Array.from({ length: 1 + (count % 40) }, () => record())
    for (const { eventId, spooled } of burst) void spooled.then(() => say({ spooled: eventId }))
    const wait = count % 3 === 0 ? burst.at(-1)?.spooled : new Promise((resolve) => setTimeout(resolve, count % 4))
    await wait
  }
}

const ways: Readonly<Record<string, () => unknown>> = {
  forever,
  // Nobody waits for anything.
  'process-exit': () => {
    for (let at = 0; at < 300; at++) record(process.env['TEST_SECRET'])
    process.exit(0)
  },
  'exit-while-writing': () => {
    for (let at = 0; at < 300; at++) record()
    setImmediate(() => {
      for (let at = 0; at < 300; at++) record()
      setTimeout(() => process.exit(0), 1)
    })
  },
  'uncaught-exception': () => {
    for (let at = 0; at < 50; at++) record()
    throw new Error('on purpose')
  },
  'unhandled-rejection': () => {
    for (let at = 0; at < 50; at++) record()
    void Promise.reject(new Error('on purpose'))
  },
  // Promises of ours that fail unheard must not end the process.
  unheard: async () => {
    const recorded = record()
    void recorded.confirmed(1)
    void recorded.spooled
    await new Promise((resolve) => setTimeout(resolve, 50))
    say({ alive: true })
    process.exit(0)
  },
  // A run that is open when the process dies, long after the log has it.
  crash: async () => {
    outbox.runOpened(run)
    outbox.record({
      event_type: 'run_created',
      run_id: run,
      run_seq: count++,
      workflow: { name: 'left-behind' },
      trigger: { type: 'api' },
    })
    while (count < 20) record()
    await outbox.flush(30_000)
    say({ recorded: count })
    process.kill(process.pid, 'SIGKILL')
  },
  // The script is at its end, and nobody said close.
  end: () => {
    for (let at = 0; at < 20; at++) record()
  },
  close: async () => {
    for (let at = 0; at < 20; at++) record()
    await outbox[Symbol.asyncDispose]()
  },
}

await ways[way]?.()
if (way !== 'forever') say({ recorded: count, instance: outbox.instance })
