// The load client: a process of its own, driven over IPC by ./load.ts. It makes its events first and sends them when told.
import { Agent, request } from 'node:http'
import { makeBatches, type Batch } from './workload.ts'
import type { LoadAnswer, LoadCall } from './load.ts'

const agent = new Agent({ keepAlive: true, maxSockets: 256, scheduling: 'lifo' })
let waiting: Batch[] = []
let madeRuns = 0

async function perform(call: LoadCall): Promise<LoadAnswer> {
  if (call.op === 'prepare') {
    waiting = makeBatches(call.events, madeRuns)
    madeRuns += Math.ceil(call.events / 51) + waiting.length
    if (call.single) waiting = waiting.flatMap(separate).slice(0, call.events)
    return { events: waiting.reduce((sum, { events }) => sum + events, 0) }
  }
  const cpu = process.cpuUsage()
  const begun = performance.now()
  const events = waiting.reduce((sum, batch) => sum + batch.events, 0)
  const bytes = waiting.reduce((sum, { body }) => sum + body.length, 0)
  const latencies = call.op === 'send' ? await sendBatches(call) : await sendOnSchedule(call)
  const seconds = (performance.now() - begun) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return { events, bytes, seconds, cpuSeconds: (user + system) / 1e6, ...latencies }
}

function separate({ body }: Batch): Batch[] {
  return (JSON.parse(body.toString('utf8')) as unknown[]).map((event) => ({
    body: Buffer.from(JSON.stringify(event)),
    events: 1,
  }))
}

/** As many requests at a time as there are connections. */
async function sendBatches(call: Extract<LoadCall, { op: 'send' }>): Promise<{ latenciesMs: number[] }> {
  const latenciesMs: number[] = []
  await Promise.all(
    Array.from({ length: call.connections }, async () => {
      for (let batch = waiting.shift(); batch !== undefined; batch = waiting.shift()) {
        const begun = performance.now()
        await post(call, batch)
        latenciesMs.push(performance.now() - begun)
      }
    }),
  )
  return { latenciesMs }
}

/** Open loop: requests leave when they are due, whether or not earlier ones are answered. */
async function sendOnSchedule(
  call: Extract<LoadCall, { op: 'send_on_schedule' }>,
): Promise<{ latenciesMs: number[]; latenciesFromDueMs: number[] }> {
  const latenciesMs: number[] = []
  const latenciesFromDueMs: number[] = []
  const begun = performance.now()
  const sent: Promise<void>[] = []
  while (sent.length < waiting.length) {
    const now = performance.now()
    for (;;) {
      const due = begun + (sent.length * 1000) / call.perSecond
      const event = waiting[sent.length]
      if (event === undefined || due > now) break
      const left = performance.now()
      sent.push(
        post(call, event).then(() => {
          const answered = performance.now()
          latenciesMs.push(answered - left)
          latenciesFromDueMs.push(answered - due)
        }),
      )
    }
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await Promise.all(sent)
  return { latenciesMs, latenciesFromDueMs }
}

/** Resolves when the server has acknowledged every event of the body. */
function post({ url, key }: { url: string; key: string }, { body, events }: Batch): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'content-length': body.length,
    }
    const sending = request(`${url}/v1/events`, { method: 'POST', agent, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const answer = Buffer.concat(chunks)
        const refused = response.statusCode !== 200 || (events > 1 && !answer.includes('"rejected":[]'))
        if (refused) reject(new Error(`${response.statusCode}: ${answer.subarray(0, 500).toString('utf8')}`))
        else resolve()
      })
    })
    sending.on('error', reject)
    sending.end(body)
  })
}

process.on('message', (call: LoadCall) => {
  perform(call).then(
    (answer) => process.send?.(answer),
    (error: unknown) => process.send?.({ error: error instanceof Error ? error.message : String(error) }),
  )
})
// Whoever started this process is gone.
process.on('disconnect', () => process.exit())
