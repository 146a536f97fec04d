// A refund desk that keeps its receipts: npx node examples/refund-desk/main.ts --help
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { createRecorder } from '@counterfoil/sdk'
import { approveByRule, askAtTerminal } from './approver.ts'
import { faultAt, faults, type Fault } from './chaos.ts'
import { createDesk } from './desk.ts'
import { openLog } from './log.ts'
import { Observer } from './observer.ts'
import { Mailbox } from './world/mailbox.ts'
import { Shop } from './world/shop.ts'
import { ticketsOf } from './world/tickets.ts'

const usage = `A support desk that refunds orders: a scripted model, a shop with a real database, a mailbox, and Counterfoil.

  --tickets N        how many tickets come in today (default 5)
  --auto-approve     a rule says yes where a person would be asked (the log says that it was a rule)
  --chaos [FAULTS]   what goes wrong in production: all, or some of ${faults.join(',')}
  --folder DIR       where shop, mailbox and, without a server, the log are (default ./refund-desk-data)

With COUNTERFOIL_URL, COUNTERFOIL_API_KEY and COUNTERFOIL_OBSERVE_KEY it records to that server; otherwise to one of its
own, whose data directory is DIR/log.`

const { values } = parseArgs({
  options: {
    tickets: { type: 'string', default: '5' },
    'auto-approve': { type: 'boolean', default: false },
    chaos: { type: 'string' },
    folder: { type: 'string', default: './refund-desk-data' },
    help: { type: 'boolean', default: false },
  },
  args: process.argv.slice(2).map((arg, at, all) => {
    const next = all[at + 1]
    return arg === '--chaos' && (next === undefined || next.startsWith('--')) ? '--chaos=all' : arg
  }),
})

function readFaults(text: string | undefined): readonly Fault[] {
  if (text === undefined) return []
  if (text === 'all') return faults
  return text.split(',').map((name) => {
    const fault = faults.find((known) => known === name)
    if (fault === undefined) throw new Error(`There is no fault ${name}. Faults: ${faults.join(', ')}.`)
    return fault
  })
}

async function runDesk(): Promise<void> {
  const chosen = readFaults(values.chaos)
  const count = Math.max(Number(values.tickets), chosen.length)
  if (!Number.isSafeInteger(count) || count < 1) throw new Error('--tickets is a whole number from 1 on.')
  const folder = path.resolve(values.folder)
  mkdirSync(folder, { recursive: true })
  using shop = new Shop(path.join(folder, 'shop.db'))
  const mailbox = new Mailbox(path.join(folder, 'mailbox.jsonl'))
  await using log = await openLog(path.join(folder, 'log'))
  // Every ticket is about an order of its own, also when the desk runs again tomorrow.
  const tickets = ticketsOf(count, shop.orderCount() + 1)
  const faultByOrder = new Map(tickets.map(({ order }, place) => [order.id, faultAt(place, chosen)]))
  const faultOf = (order: string): Fault | undefined => faultByOrder.get(order)
  for (const { order } of tickets) shop.addOrder(order)
  await using recorder = createRecorder({
    url: log.url,
    key: log.ingestKey,
    spool: path.join(folder, 'spool'),
    agent: { id: 'refund-agent', version: '1.0.0' },
    environment: 'example',
    approver: values['auto-approve'] ? approveByRule(faultOf) : askAtTerminal,
    approverSurface: values['auto-approve'] ? 'rule' : 'terminal',
  })
  const observer = new Observer(shop, { url: log.url, key: log.observeKey })
  const desk = createDesk({ recorder, shop, mailbox, faultOf })
  for (const ticket of tickets) {
    const came = await desk.handle(ticket).catch((error: Error) => `failed: ${error.message}`)
    await observer.look()
    const fault = faultOf(ticket.order.id)
    console.log(`${ticket.id}  order ${ticket.order.id}  ${came}${fault === undefined ? '' : `   (chaos: ${fault})`}`)
  }
  await recorder.flush()
  console.log(`\n${count} tickets are on record. Ask what the agent did:`)
  console.log(`  npx counterfoil search 'workflow:refund-desk' ${log.place}`)
}

if (values.help) console.log(usage)
else await runDesk()
