import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openKeys, openLedger, type Log, type RunReport } from '@counterfoil/ledger'
import { defaultConfig, startServer } from '@counterfoil/server'
import { Mailbox } from '../examples/refund-desk/world/mailbox.ts'
import { Shop } from '../examples/refund-desk/world/shop.ts'
import { createProxy, type Proxy } from '../packages/sdk/test/_proxy.ts'
import { root } from '../scripts/tool.ts'

/** Every message of two tickets: the frames, a run each with reads, a refund that a rule approves, and a mail. */
const steps = 14
const moments = ['before it arrives', 'before its answer', 'after its answer'] as const

export interface DeskCrashReport {
  /** Runs that were open when the process died. */
  readonly interrupted: number
  /** Effects in the shop and the mailbox. */
  readonly effects: number
  /** What the log tells wrongly, or not at all; what it has twice; what a process could not deliver. */
  readonly wrong: readonly string[]
}

/**
 * Kills the refund desk at every message of its work: before the log has it, before the desk knows that the log has it, and
 * right after. Then compares the log with what shop and mailbox really have.
 */
export async function deskCrashRounds(rounds: number): Promise<DeskCrashReport> {
  const folder = mkdtempSync(path.join(tmpdir(), 'counterfoil-desk-crash-'))
  const place = { data: path.join(folder, 'data'), state: path.join(folder, 'state') }
  try {
    const errors = await workAndDie(folder, place, rounds)
    await using ledger = await openLedger(place)
    const log = await ledger.log('main')
    const story = await readLog(log)
    using shop = new Shop(path.join(folder, 'shop.db'))
    const mails = new Mailbox(path.join(folder, 'mailbox.jsonl')).messages().length
    const refunds = shop.changesAfter(0)
    return {
      interrupted: story.runs.filter(({ run }) => run.status === 'stalled').length,
      effects: refunds.length + mails,
      wrong: [...errors, ...story.twice, ...wrongRefunds(story.runs, refunds), ...wrongMails(story.runs, mails)],
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function workAndDie(
  folder: string,
  place: { data: string; state: string },
  rounds: number,
): Promise<readonly string[]> {
  await using server = await startServer({ ...defaultConfig, ...place, port: 0, logLevel: 'silent' })
  using opened = openKeys(place)
  const keyOf = async (scope: 'ingest' | 'observe'): Promise<string> =>
    (await opened.keys.create({ log: 'main', scopes: [scope], name: scope })).key
  await using proxy = await createProxy(server.url)
  const environment = {
    COUNTERFOIL_URL: proxy.url,
    COUNTERFOIL_API_KEY: await keyOf('ingest'),
    COUNTERFOIL_OBSERVE_KEY: await keyOf('observe'),
  }
  for (let round = 0; round < rounds; round += 1) {
    const desk = startDesk(folder, environment)
    killAt(proxy, desk.child, round % steps, moments[Math.floor(round / steps) % moments.length] ?? moments[0])
    await desk.ended
  }
  killAt(proxy, undefined, 0, moments[0])
  // The last one is left alone, and delivers what the others left behind.
  const { code, said } = await startDesk(folder, environment).ended
  return code === 0 ? [] : [`the last desk ended with ${code}: ${said}`]
}

interface Desk {
  readonly child: ChildProcess
  readonly ended: Promise<{ code: number | null; said: string }>
}

function startDesk(folder: string, environment: Readonly<Record<string, string>>): Desk {
  const main = path.join(root, 'examples', 'refund-desk', 'main.ts')
  const args = [main, '--folder', folder, '--tickets', '2', '--auto-approve']
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  })
  const said: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => said.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk))
  const ended = new Promise<{ code: number | null; said: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, said: Buffer.concat(said).toString('utf8') }))
  })
  return { child, ended }
}

/** Kills the process at the batch with this number. */
function killAt(proxy: Proxy, child: ChildProcess | undefined, step: number, moment: (typeof moments)[number]): void {
  let sent = -1
  let answered = -1
  const kill = (): void => void child?.kill('SIGKILL')
  proxy.mischief = ({ url }, outgoing) => {
    if (url !== '/v1/events') return false
    sent += 1
    if (sent !== step || moment !== 'before it arrives') return false
    kill()
    outgoing.destroy()
    return true
  }
  proxy.forge = (url, answer) => {
    if (url !== '/v1/events') return answer
    answered += 1
    if (answered === step && moment === 'before its answer') kill()
    // What comes next is in the desk itself: the call of the tool, its result, the next message.
    if (answered === step && moment === 'after its answer') setTimeout(kill, Math.random() * 4)
    return answer
  }
}

interface LogStory {
  readonly runs: readonly RunReport[]
  /** Messages that the log has more than once. */
  readonly twice: readonly string[]
}

async function readLog(log: Log): Promise<LogStory> {
  await log.declareGaps({ nowMs: Date.now() + 24 * 60 * 60 * 1000, upSinceMs: 0 })
  const seen = new Set<string>()
  const twice: string[] = []
  const runIds = new Set<string>()
  const end = new AbortController()
  const { size } = await log.report()
  for await (const { index, leaf } of log.tail({ from: 0, signal: end.signal })) {
    const event = JSON.parse(leaf) as { run_id?: string; producer?: { instance: string; seq: number } }
    if (event.run_id !== undefined) runIds.add(event.run_id)
    if (event.producer !== undefined) {
      const message = `${event.producer.instance} ${event.producer.seq}`
      if (seen.has(message)) twice.push(`${message} is there twice`)
      seen.add(message)
    }
    if (index + 1 >= size) end.abort()
  }
  return { runs: await Promise.all([...runIds].map((id) => log.run(id))), twice }
}

interface Told {
  readonly outcome: string
  readonly target: string
  readonly amountMinor: number
  /** Key of each call that was announced before it was made. */
  readonly intents: readonly string[]
}

function toldOf(runs: readonly RunReport[], type: string): readonly Told[] {
  return runs.flatMap(({ actions, timeline }) =>
    actions
      .filter((action) => action.type === type)
      .map((action) => {
        const events = timeline.filter(({ envelope }) => idOf(envelope) === action.action_id)
        const intents = events.filter(({ event_type: each }) => each === 'tool_called')
        return {
          outcome: action.outcome,
          target: action.target?.id ?? '',
          amountMinor: Number(action.attributes?.['amount_minor'] ?? 0),
          intents: intents.map(({ envelope }) => keyOfAction(envelope)),
        }
      }),
  )
}

function actionOf(envelope: unknown): { id?: string; idempotency_key?: string } {
  return (envelope as { action?: { id?: string; idempotency_key?: string } }).action ?? {}
}

function idOf(envelope: unknown): string | undefined {
  return actionOf(envelope).id
}

function keyOfAction(envelope: unknown): string {
  return actionOf(envelope).idempotency_key ?? ''
}

function wrongRefunds(runs: readonly RunReport[], refunds: ReturnType<Shop['changesAfter']>): string[] {
  const told = toldOf(runs, 'refund.create')
  const wrong: string[] = []
  for (const { order, amountMinor, key } of refunds) {
    const announced = told.filter(({ target, intents }) => target === order && intents.includes(key ?? ''))
    if (announced.length !== 1) wrong.push(`${announced.length} intents for the refund of ${order}`)
    else if (announced[0]?.amountMinor !== amountMinor) wrong.push(`${order}: another amount was announced`)
    else if (!['done', 'unconfirmed', 'running'].includes(announced[0].outcome))
      wrong.push(`${order} was refunded, and the log says ${announced[0].outcome}`)
  }
  for (const { outcome, target } of told) {
    const made = refunds.filter(({ order }) => order === target).length
    if (made > 1) wrong.push(`${target} was refunded ${made} times`)
    if (made === 0 && outcome === 'done') wrong.push(`${target} was not refunded, and the log says that it was`)
  }
  return wrong
}

function wrongMails(runs: readonly RunReport[], mails: number): string[] {
  const told = toldOf(runs, 'email.send')
  const announced = told.reduce((sum, { intents }) => sum + intents.length, 0)
  const done = told.filter(({ outcome }) => outcome === 'done').length
  if (done <= mails && mails <= announced) return []
  return [`${mails} mails were sent; ${announced} were announced, and ${done} are said to be done`]
}
