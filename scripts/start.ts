// npm start: a server on ./counterfoil-data with an example in it, in front, until Ctrl-C. Can be repeated.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { programFile } from './session.ts'
import { root } from './tool.ts'

interface Ready {
  readonly url: string
  readonly data: string
  /** At the first start only. */
  readonly admin_key?: string
}

const data = path.join(root, 'counterfoil-data')
/** There may be more logs later; the example is in the one that the first start makes. */
const here = ['--data', data, '--log', 'main'] as const
const transcript = path.join('examples', 'transcripts', 'support-desk.jsonl')
const actionMap = path.join('examples', 'tools', 'support-desk.json')
const desk = path.join('examples', 'refund-desk', 'main.ts')
/** With one fault, so that there is something to find: the answer to a refund is lost. */
const deskOptions = ['--auto-approve', '--chaos', 'lost_response', '--folder', path.join(root, 'refund-desk-data')]
/** A run of which nobody knows whether its refund happened. */
const tellingQuery = 'outcome:unconfirmed,mismatch,failed'

function runProgram(args: readonly string[], key?: string): Promise<string> {
  return runNode([programFile, ...args], key === undefined ? {} : { COUNTERFOIL_API_KEY: key })
}

async function runNode(args: readonly string[], environment: Readonly<Record<string, string>>): Promise<string> {
  const env = { ...process.env, ...environment }
  const { stdout } = await promisify(execFile)(process.execPath, [...args], { cwd: root, env })
  return stdout
}

/** With our own terminal, so that it is drawn as the user will see it. */
async function showProgram(args: readonly string[]): Promise<void> {
  const env = { ...process.env, npm_command: 'exec' }
  const child = spawn(process.execPath, [programFile, ...args], { cwd: root, env, stdio: 'inherit' })
  await once(child, 'exit')
}

function startServer(): ChildProcess {
  const args = [programFile, 'serve', '--json', '--data', data]
  return spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
}

/** The line that the server prints when it is ready; undefined when it ended before that. */
async function readReady(server: ChildProcess): Promise<Ready | undefined> {
  if (server.stdout === null) return undefined
  for await (const line of createInterface({ input: server.stdout })) return JSON.parse(line) as Ready
  return undefined
}

/** Fills an empty log: old conversations that are imported, and an agent that records itself while it works. */
async function fillOnce({ url }: Ready): Promise<readonly string[]> {
  if ((await runProgram(['search', '', '--limit', '1', '--json', ...here])) !== '') {
    return ['runs are in the log already']
  }
  const ingest = await makeKey('ingest')
  const observe = await makeKey('observe')
  try {
    const place = ['--url', url, '--json']
    const report = await runProgram(['import', 'openai-chat', transcript, '--tools', actionMap, ...place], ingest.key)
    const env = { COUNTERFOIL_URL: url, COUNTERFOIL_API_KEY: ingest.key, COUNTERFOIL_OBSERVE_KEY: observe.key }
    await runNode([desk, ...deskOptions], env)
    return [
      `imported ${(JSON.parse(report) as { runs: number }).runs} runs from ${transcript}`,
      `recorded an agent at work: ${path.dirname(desk)}`,
    ]
  } finally {
    for (const { id } of [ingest, observe]) await runProgram(['keys', 'revoke', id, ...here])
  }
}

async function makeKey(scope: string): Promise<{ key: string; id: string }> {
  const made = await runProgram(['keys', 'create', '--scope', scope, '--name', 'npm start', '--json', ...here])
  return JSON.parse(made) as { key: string; id: string }
}

async function showWhatItDoes({ url, admin_key: adminKey }: Ready, examples: readonly string[]): Promise<void> {
  console.log(`Counterfoil listens on ${url}`)
  console.log(`data       ${path.relative(process.cwd(), data) || data}`)
  console.log(
    `admin key  ${adminKey ?? 'was shown at the first start; another: npx counterfoil keys create --scope admin'}`,
  )
  if (adminKey !== undefined) console.log('           Shown this one time: keep it in a safe place.')
  for (const example of examples) console.log(`example    ${example}`)
  console.log('')
  const [found = ''] = (await runProgram(['search', tellingQuery, '--limit', '1', '--json', ...here])).split('\n')
  if (found !== '') {
    const { run_id: run } = JSON.parse(found) as { run_id: string }
    console.log(`$ npx counterfoil explain ${run}`)
    await showProgram(['explain', run, ...here])
  }
  console.log(`\nTry next, in another terminal, here:`)
  console.log(`  npx counterfoil search ''                    all runs`)
  console.log(`  npx counterfoil search 'action:refund.*'     runs with a refund`)
  console.log(`  npx counterfoil verify                       is the log whole and unchanged?`)
  console.log(`\nCtrl-C stops the server; the data stay.`)
}

if (!existsSync(programFile)) {
  console.error('error: the program is not built. Nothing was started.\n  Run: npm ci')
  process.exit(1)
}
const server = startServer()
const ended = once(server, 'exit') as Promise<[number | null]>
let complaint = ''
server.stderr?.on('data', (chunk: Buffer) => {
  complaint += chunk.toString()
  process.stderr.write(readable(chunk.toString()))
})
// npm and the terminal both pass Ctrl-C on; the server takes two within half a second as one.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => server.kill(signal))

/** The server complains in JSON, as it was asked to; people read its message. */
function readable(text: string): string {
  return text.replace(/^\{"error":.*\}$/gm, (line) => {
    const { message, code } = (JSON.parse(line) as { error: { message: string; code: string } }).error
    return `error: ${message} [${code}]`
  })
}

let exampleFailed = false
const ready = await readReady(server)
if (ready !== undefined) {
  try {
    await showWhatItDoes(ready, await fillOnce(ready))
  } catch (error) {
    // Ctrl-C ends the children too; that is no failure. The server is of use without its example.
    if (server.exitCode === null && !server.killed) {
      console.error(`The example could not be shown: ${error instanceof Error ? error.message : String(error)}`)
      exampleFailed = true
    }
  }
}
const [code] = await ended
if (complaint.includes('port_in_use')) console.error('  Take another port: COUNTERFOIL_PORT=7718 npm start')
if (complaint.includes('data_in_use')) console.error('  Is another "npm start" running? Use that one, or stop it.')
process.exitCode = exampleFailed ? 1 : (code ?? 1)
