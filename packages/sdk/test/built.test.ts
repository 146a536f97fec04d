// The package as it is installed: built, by its exports, in a process of its own. `npm test` builds first.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { listSpool } from '../src/spool/index.ts'

const folder = fileURLToPath(new URL('..', import.meta.url))

function runWith(node: string, program: string, ...args: string[]): string {
  return execFileSync(node, ['--input-type=module', '-e', program, ...args], { cwd: folder, encoding: 'utf8' })
}

/** Every Node on this machine, and the one that runs this. */
function nodes(): readonly string[] {
  const { stdout } = spawnSync('which', ['-a', 'node'], { encoding: 'utf8' })
  const found = [process.env['npm_node_execpath'] ?? '', ...(stdout ?? '').split('\n'), process.execPath]
  return [...new Set(found.filter((path) => path !== '').map((path) => realpathSync(path)))]
}

const record = `
  import { createOutbox, HttpTransport } from '@counterfoil/sdk/outbox'
  import { createRedactor } from '@counterfoil/schema/redact'
  const transport = new HttpTransport({ url: 'http://127.0.0.1:9', key: 'none' })
  const outbox = createOutbox({ transport, spool: process.argv[1], redactor: createRedactor(), onProblem() {} })
  const recorded = outbox.record({ event_type: 'input_resolved', run_id: 'run-1', run_seq: 0 })
  await recorded.spooled
  console.log(process.version)
  process.exit(0)
`

describe('the built package', () => {
  it.each(nodes())('records with %s', (node) => {
    const spool = mkdtempSync(join(tmpdir(), 'counterfoil-built-'))
    try {
      expect(runWith(node, record, spool)).toMatch(/^v(2\d|[3-9]\d)\./)
      expect(listSpool(spool)).toMatchObject([{ events: 3, damagedBytes: 0 }])
    } finally {
      rmSync(spool, { recursive: true, force: true })
    }
  })

  it.each(['@counterfoil/sdk/outbox', '@counterfoil/sdk/spool'])(
    '%s loads no library but the one for canonical JSON',
    (name) => {
      const listing = `
      import { registerHooks } from 'node:module'
      const seen = []
      registerHooks({ load: (url, context, next) => (seen.push(url), next(url, context)) })
      await import('${name}')
      console.log(JSON.stringify(seen))
    `
      const urls = JSON.parse(runWith(process.execPath, listing)) as string[]
      expect(urls.length).toBeGreaterThan(3)
      const own = /^node:|\/packages\/(sdk|schema|tlog)\/|\/node_modules\/canonicalize\//
      expect(urls.filter((url) => !own.test(url))).toEqual([])
    },
  )
})
