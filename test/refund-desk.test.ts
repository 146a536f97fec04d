import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { openLedger, type Ledger, type RunReport } from '@counterfoil/ledger'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { root } from '../scripts/tool.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'counterfoil-desk-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const runDesk = async (...args: string[]): Promise<string> => {
  const main = path.join(root, 'examples', 'refund-desk', 'main.ts')
  const env = { ...process.env, COUNTERFOIL_STATE_DIR: path.join(folder, 'state') }
  const { stdout } = await promisify(execFile)(process.execPath, [main, '--folder', folder, ...args], { env })
  return stdout
}

async function withLog<T>(look: (ledger: Ledger) => Promise<T>): Promise<T> {
  const data = path.join(folder, 'log')
  await using ledger = await openLedger({ data, mode: 'read', state: path.join(folder, 'state') })
  return await look(ledger)
}

/** The run of each ticket, by its fault or its place. */
async function runsOf(output: string): Promise<Map<string, RunReport>> {
  return withLog(async (ledger) => {
    const log = await ledger.log('main')
    const { runs } = await log.runs({ query: '', limit: 50 })
    const reports = await Promise.all(runs.map(({ run_id: id }) => log.run(id)))
    const faults = [...output.matchAll(/^(T-\d+) .*?(?:chaos: (\w+)\))?$/gm)]
    return new Map(
      faults.map(([, ticket = '', fault]): [string, RunReport] => {
        const report = reports.find(({ run }) => run.trigger?.ref === `ticket:${ticket}`)
        if (report === undefined) throw new Error(`There is no run of ${ticket}.`)
        return [fault ?? ticket, report]
      }),
    )
  })
}

describe('the refund desk', () => {
  it('answers all six questions about a refund that a rule approved, and really writes to shop and mailbox', async () => {
    const runs = await runsOf(await runDesk('--auto-approve'))
    expect(runs.size).toBe(5)
    for (const { run } of runs.values())
      expect({ outcome: run.outcome, status: run.status }).toEqual({ outcome: 'done', status: 'completed' })
    const approved = runs.get('T-4002')
    expect(approved?.answers.map(({ grade }) => grade)).not.toContain('missing')
    expect(readFileSync(path.join(folder, 'mailbox.jsonl'), 'utf8').trim().split('\n')).toHaveLength(5)
  })

  it('tells the faults of production apart, as far as the agent itself can know', async () => {
    const output = await runDesk('--auto-approve', '--chaos')
    const runs = await runsOf(output)
    const outcomeOf = (fault: string) => runs.get(fault)?.run.outcome
    expect(outcomeOf('lost_response')).toBe('unconfirmed')
    expect(runs.get('loop')?.actions.filter(({ type }) => type === 'email.send')).toHaveLength(12)
    expect(runs.get('bypassed_approval')?.actions.filter(({ type }) => type === 'refund.create')).toEqual([])
    // What the shop's own database saw is there too, from a key that the agent does not have.
    const observed = await withLog(async (ledger) => {
      const leaves: { event_type: string; effect?: { external_ref?: string }; target?: { id: string } }[] = []
      const stop = new AbortController()
      const log = await ledger.log('main')
      const { size } = await log.report()
      for await (const { index, leaf } of log.tail({ from: 0, signal: stop.signal })) {
        leaves.push(JSON.parse(leaf))
        if (index === size - 1) stop.abort()
      }
      return leaves.filter(({ event_type: type }) => type === 'effect_observed').map(({ target }) => target?.id)
    })
    // Twice for the double write; once for every other refund, also for those that nobody claimed.
    expect(observed.toSorted((a = '', b = '') => a.localeCompare(b))).toEqual([
      'W1001',
      'W1001',
      'W1002',
      'W1003',
      'W1004',
      'W1006',
    ])
  })
})
