// npm run bench: every figure beside its limit, each suite in a process of its own. See README.md.
import { fork } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { runTool } from '../scripts/tool.ts'
import { describeMachine } from './machine.ts'
import { meetsTarget, type Row, type SuiteOptions } from './row.ts'
import type { SuiteMessage } from './run-suite.ts'
import { assertListIsWhole, isSuiteName, suiteNames, type SuiteName } from './suites.ts'
import { resultsMarkdown, rowLine, type SuiteRows } from './table.ts'

const usage = `npm run bench -- [SUITE…] [--full] [--scale N] [--record]

  SUITE      ${suiteNames.join(', ')}; all when none is named
  --full     larger sizes, growth to ten million events: about an hour and 40 GB of disk
  --scale    a factor on all sizes, for trying a change out (0.1); such figures are not for keeping
  --record   writes bench/RESULTS.md
`
const folder = import.meta.dirname
const suiteTimeoutMs = { quick: 15 * 60_000, full: 3 * 60 * 60_000 }

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      full: { type: 'boolean', default: false },
      scale: { type: 'string', default: '1' },
      record: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const scale = Number(values.scale)
  const unknown = positionals.filter((name) => !isSuiteName(name))
  if (values.help || unknown.length > 0 || !(scale > 0)) {
    process.stderr.write(`${unknown.map((name) => `There is no suite ${name}.\n`).join('')}${usage}`)
    process.exitCode = values.help ? 0 : 2
    return
  }
  assertListIsWhole()
  await build()
  const options: SuiteOptions = { full: values.full, scale }
  const names = positionals.length === 0 ? suiteNames : positionals.filter(isSuiteName)
  const machine = describeMachine()
  const measuredAt = new Date().toISOString()
  print(`${machine.processor}, ${machine.cores} cores, Node ${machine.node}, SQLite ${machine.sqlite}`)
  print(`one fdatasync ${machine.fdatasyncMs.toFixed(2)} ms, load average ${machine.loadBefore.toFixed(1)}`)
  const results: SuiteRows[] = []
  for (const name of names) {
    print(`\n${name}`)
    const result = await runSuite(name, options)
    for (const row of result.rows) print(rowLine(row))
    if (result.error !== undefined) print(`FAILED ${result.error}`)
    results.push(result)
  }
  const size = `${values.full ? 'full' : 'quick'}${scale === 1 ? '' : `, scale ${scale}`}`
  const markdown = resultsMarkdown(machine, measuredAt, size, results)
  const resultsFolder = join(folder, 'results')
  mkdirSync(resultsFolder, { recursive: true })
  const file = join(resultsFolder, `${measuredAt.replaceAll(/[:.]/g, '-')}.json`)
  writeFileSync(file, `${JSON.stringify({ measured_at: measuredAt, size, machine, results }, undefined, 2)}\n`)
  if (values.record) {
    writeFileSync(join(folder, 'RESULTS.md'), `# Results\n\n${markdown}`)
    await runTool('oxfmt', [join(folder, 'RESULTS.md')])
  }
  print(`\n${file}${values.record ? ' and bench/RESULTS.md' : ''}`)
  const withTarget = results.flatMap(({ rows }) => rows).filter((row: Row) => row.target !== undefined)
  const missed = withTarget.filter((row) => meetsTarget(row) === false)
  print(`${withTarget.length - missed.length} of ${withTarget.length} targets met`)
  // A missed target is a figure, not a failure: machines differ. A suite that could not measure is one.
  if (results.some(({ error }) => error !== undefined)) process.exitCode = 1
}

/** The server that is measured is the built one. */
async function build(): Promise<void> {
  const { code, output } = await runTool('tsc', ['-b'])
  if (code !== 0) throw new Error(`the build failed, so nothing was measured:\n${output}`)
}

function runSuite(name: SuiteName, options: SuiteOptions): Promise<SuiteRows> {
  const begun = performance.now()
  const seconds = (): number => (performance.now() - begun) / 1000
  const timeoutMs = options.full ? suiteTimeoutMs.full : suiteTimeoutMs.quick
  return new Promise((resolve) => {
    let rows: readonly Row[] | undefined
    const child = fork(fileURLToPath(new URL('run-suite.ts', import.meta.url)), [name, JSON.stringify(options)])
    const timer = setTimeout(() => child.kill('SIGTERM'), timeoutMs)
    child.on('message', (message: SuiteMessage) => {
      rows = message.rows
    })
    child.on('exit', (code, signal) => {
      clearTimeout(timer)
      if (rows !== undefined) resolve({ suite: name, rows, seconds: seconds() })
      else
        resolve({
          suite: name,
          rows: [],
          seconds: seconds(),
          error: `ended with ${signal ?? code} before it had measured`,
        })
    })
  })
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

await main()
