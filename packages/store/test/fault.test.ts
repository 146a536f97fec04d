import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  cpSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { entriesOf, sleep } from './crash-rounds.ts'
import { createGenerator, createRandom } from './generated-events.ts'
import { failedChecks, LedgerFolder } from './ledger-folder.ts'
import { batchOf, commitTo, openLogFile } from './open-log-file.ts'

const childFile = fileURLToPath(new URL('./fault-child.ts', import.meta.url))

interface ChildResult {
  readonly code: string
  readonly codes?: readonly string[]
  readonly acked?: readonly string[]
}

let folder: LedgerFolder
beforeEach(() => {
  folder = new LedgerFolder()
})
afterEach(() => folder[Symbol.dispose]())

function childArgs(task: string): string[] {
  return ['--conditions=@counterfoil/source', childFile, folder.data, folder.state, task]
}

function resultOf({
  stdout,
  stderr,
  status,
  signal,
}: {
  stdout: string
  stderr: string
  status: number | null
  signal: string | null
}): ChildResult {
  if (status !== 0) throw new Error(`The child ended with ${status ?? signal}: ${stderr}`)
  return JSON.parse(stdout) as ChildResult
}

async function makeLog(): Promise<void> {
  await folder.use(({ log, principal }) =>
    log.ingest(JSON.stringify(Array.from({ length: 5 }, createGenerator(createRandom(2)))), {
      principal,
      format: 'json',
    }),
  )
}

async function storedIds(): Promise<Set<string>> {
  const leaves = await folder.use(async ({ log }) => entriesOf(log, (await log.report()).size), { mode: 'read' })
  return new Set(leaves.map(({ leaf }) => (JSON.parse(leaf) as { event_id: string }).event_id))
}

async function refusal(): Promise<string> {
  try {
    return await folder.use(() => 'opened')
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error)
  }
}

describe('disk full', () => {
  it('refuses with disk_full at any page, loses nothing, and goes on by itself when there is space', async () => {
    await makeLog()
    const acked: string[] = []
    {
      using file = openLogFile(folder)
      for (let round = 0; round < 30; round += 1) {
        // A limit of pages is how SQLite meets a full disk, at whichever page this commit happens to need.
        file.maintain((database) => {
          const { page_count: pages } = database.prepare('PRAGMA page_count').get() as { page_count: number }
          database.exec(`PRAGMA max_page_count=${pages + (round % 6)}`)
        })
        const { head } = file
        const request = batchOf(80)
        expect(() => commitTo(file, request)).toThrow(expect.objectContaining({ code: 'disk_full' }))
        expect(file.head).toEqual(head)
        file.maintain((database) => database.exec('PRAGMA max_page_count=1000000'))
        const [result] = commitTo(file, request)
        expect(result?.results.every(({ status }) => status === 'stored')).toBe(true)
        acked.push(...(result?.results ?? []).map(({ eventId }) => eventId))
      }
    }
    expect(failedChecks(await folder.verify())).toEqual([])
    const stored = await storedIds()
    expect(acked.filter((id) => !stored.has(id))).toEqual([])
    expect(stored.size).toBe(5 + 30 * 80)
  })

  it('on a real file system, with text index, sidecar and all', async () => {
    await makeLog()
    await withSmallDisk(folder, async () => {
      const filler = join(folder.root, 'small', 'filler')
      const acked: string[] = []
      await folder.use(async ({ ledger, log, principal }) => {
        const next = createGenerator(createRandom(4), 3)
        const batch = (): string => JSON.stringify(Array.from({ length: 40 }, next))
        for (let round = 0; round < 3; round += 1) {
          fill(filler)
          let code = ''
          for (let attempt = 0; attempt < 200 && code === ''; attempt += 1) {
            try {
              acked.push(...(await log.ingest(batch(), { principal, format: 'json' })).acks.map((ack) => ack.event_id))
            } catch (error) {
              code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
            }
          }
          expect(code).toBe('disk_full')
          // Reading goes on.
          expect((await log.report()).size).toBe(5 + acked.length)
          rmSync(filler)
          const after = await log.ingest(batch(), { principal, format: 'json' })
          expect(after.acks).toHaveLength(40)
          acked.push(...after.acks.map((ack) => ack.event_id))
        }
        await ledger.settleText()
        expect((await log.runs({ query: '' })).text_indexed_through).toBe(5 + acked.length)
        expect(failedChecks(await log.verify())).toEqual([])
      })
      const stored = await storedIds()
      expect(acked.filter((id) => !stored.has(id))).toEqual([])
    })
  })
})

describe('the disk fails', () => {
  it('closes the writer for good with io_error, and everything acknowledged is there after a restart', async () => {
    await makeLog()
    // A limit on the size of files makes write() fail with EFBIG, which is no full disk: SQLite calls it an I/O error.
    const blocks = 1500
    const result = resultOf(
      spawnSync(
        '/bin/sh',
        ['-c', `trap '' XFSZ; ulimit -f ${blocks}; exec "$@"`, 'sh', process.execPath, ...childArgs('fill')],
        { encoding: 'utf8' },
      ),
    )
    expect(result.codes).toEqual(['io_error', 'io_error', 'io_error'])
    expect(result.acked?.length).toBeGreaterThan(0)
    const stored = await storedIds()
    expect(result.acked?.filter((id) => !stored.has(id))).toEqual([])
    expect(failedChecks(await folder.verify())).toEqual([])
    expect(await refusal()).toBe('opened')
  })

  it('is told from a full disk: after the one nothing is written any more, after the other it goes on', async () => {
    await makeLog()
    using file = openLogFile(folder)
    const fail = (errcode: number): void => {
      file.maintain(() => {
        throw Object.assign(new Error('as SQLite reports it'), { errcode })
      })
    }
    expect(() => fail(13)).toThrow(expect.objectContaining({ code: 'disk_full' }))
    expect(commitTo(file, batchOf(1))[0]?.size).toBe(6)
    // SQLITE_IOERR_FSYNC: a sync that failed is never tried again, although the next one would succeed.
    expect(() => fail(1034)).toThrow(expect.objectContaining({ code: 'io_error' }))
    expect(() => commitTo(file, batchOf(1))).toThrow(expect.objectContaining({ code: 'io_error' }))
    expect(() => fail(13)).toThrow(expect.objectContaining({ code: 'io_error' }))
    expect(file.head.size).toBe(6)
  })

  it('a text index that cannot be written for a while catches up by itself', async () => {
    await makeLog()
    await folder.use(async ({ ledger, log, principal }) => {
      await ledger.settleText()
      const text = new DatabaseSync(join(dirname(folder.databasePath()), 'text', '000000.db'))
      text.exec('BEGIN IMMEDIATE')
      await log.ingest(JSON.stringify(Array.from({ length: 5 }, createGenerator(createRandom(3)))), {
        principal,
        format: 'json',
      })
      // Longer than the index waits for a lock.
      await sleep(6_500)
      text.exec('ROLLBACK')
      text.close()
      await ledger.settleText()
      expect((await log.runs({ query: '' })).text_indexed_through).toBe(10)
    })
  })

  it('a head that cannot be remembered is not acknowledged, and nothing more is written', async () => {
    await makeLog()
    const file = openLogFile(folder)
    const [slots] = readdirSync(folder.state).filter((name) => name.endsWith('.head'))
    // The descriptor of the sidecar is taken away, as a lost network drive would.
    const sidecar = descriptorOf(join(folder.state, slots ?? ''))
    closeSync(sidecar)
    expect(() => commitTo(file, batchOf(1))).toThrow(expect.objectContaining({ code: 'io_error' }))
    expect(() => commitTo(file, batchOf(1))).toThrow(expect.objectContaining({ code: 'io_error' }))
    // Closing the log closes that number again: something has to stand there.
    while (openSync(join(folder.root, 'spare'), 'w') < sidecar);
    file[Symbol.dispose]()
    expect(failedChecks(await folder.verify())).toEqual([])
    expect(await refusal()).toBe('opened')
  })
})

describe('a directory that cannot be written', () => {
  it('is refused with data_unwritable, for data and for state, and nothing is changed', async () => {
    await makeLog()
    for (const path of [folder.data, folder.state]) {
      const result = withoutRights(path)
      expect([path, result.code]).toEqual([path, 'data_unwritable'])
    }
    expect(failedChecks(await folder.verify())).toEqual([])
    expect(await refusal()).toBe('opened')
  })
})

describe('a second writer', () => {
  it('of another process is refused with the words of the first', async () => {
    await folder.use(({ ledger }) => {
      ledger.describeHolder('http://127.0.0.1:4711')
      const result = resultOf(spawnSync(process.execPath, childArgs('append'), { encoding: 'utf8' })) as ChildResult & {
        message: string
      }
      expect(result.code).toBe('data_in_use')
      expect(result.message).toContain(`pid ${process.pid}, http://127.0.0.1:4711`)
    })
  })
})

describe('a damaged file', () => {
  it('is refused with a code, never with a stray error, wherever the damage is', async () => {
    await makeLog()
    await folder.use(({ ledger }) => ledger.settleText())
    folder.keep('clean')
    const damages: [string, string, (path: string) => void][] = [
      ['log header', 'data_invalid', (path) => overwrite(path, 0, 'garbage '.repeat(16))],
      ['log cut', 'data_invalid', (path) => truncateSync(path, 9_000)],
      ['log emptied', 'rollback_detected', (path) => truncateSync(path, 0)],
      ['log schema page', 'data_invalid', (path) => overwrite(path, 100, '\xff'.repeat(900))],
    ]
    for (const [name, code, damage] of damages) {
      folder.restore('clean')
      damage(folder.databasePath())
      expect([name, await refusal()]).toEqual([name, code])
    }
    folder.restore('clean')
    overwrite(join(folder.data, 'control.db'), 0, 'garbage '.repeat(16))
    expect(await refusal()).toBe('data_invalid')
    // The text index is made again: its damage is no reason not to start.
    folder.restore('clean')
    const text = readdirSync(folder.data, { recursive: true, encoding: 'utf8' }).filter((name) =>
      /text.\d{6}\.db$/.test(name),
    )
    expect(text).toHaveLength(1)
    writeFileSync(join(folder.data, text[0] ?? ''), 'garbage '.repeat(2_000))
    await folder.use(async ({ ledger, log }) => {
      await ledger.settleText()
      expect((await log.runs({ query: '' })).text_indexed_through).toBe(5)
    })
  })
})

function overwrite(path: string, at: number, text: string): void {
  const descriptor = openSync(path, 'r+')
  writeSync(descriptor, Buffer.from(text, 'latin1'), 0, text.length, at)
  closeSync(descriptor)
}

/** Writes until nothing goes in any more, but for some kilobytes. */
function fill(path: string): void {
  const descriptor = openSync(path, 'w')
  try {
    for (;;) writeSync(descriptor, Buffer.alloc(16 * 1024, 1))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
  } finally {
    closeSync(descriptor)
  }
}

/** Moves data and state onto a disk of 6 MB while `work` runs. */
async function withSmallDisk(target: LedgerFolder, work: () => Promise<void>): Promise<void> {
  const small = join(target.root, 'small')
  mkdirSync(small)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', small], { stdio: 'pipe' })
  } catch (error) {
    // Where nobody may mount, the page limit above has staged the same fault; it is said, not passed over.
    process.stderr.write(
      `\nNo small disk can be mounted here (${error instanceof Error ? error.message.trim() : ''}): this fault was staged by the limit of pages alone.\n`,
    )
    return
  }
  try {
    for (const name of ['data', 'state'] as const) {
      cpSync(target[name], join(small, name), { recursive: true })
      rmSync(target[name], { recursive: true })
      mkdirSync(target[name])
      execFileSync('mount', ['--bind', join(small, name), target[name]], { stdio: 'pipe' })
    }
    await work()
  } finally {
    for (const path of [target.data, target.state, small]) spawnSync('umount', [path])
  }
}

/**
 * Opens where this user may not write. Root may write everywhere, so root gives up that right for it, and no other: to
 * become somebody else would need a checkout that everybody may read.
 */
function withoutRights(path: string): ChildResult {
  const [program = '', ...args] = [
    ...(process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override'] : []),
    process.execPath,
    ...childArgs('append'),
  ]
  setRights(path, 0o500)
  try {
    return resultOf(spawnSync(program, args, { encoding: 'utf8' }))
  } finally {
    setRights(path, 0o700)
  }
}

function setRights(path: string, mode: number): void {
  chmodSync(path, mode)
  for (const entry of readdirSync(path, { recursive: true, withFileTypes: true }))
    chmodSync(join(entry.parentPath, entry.name), mode)
}

/** The descriptor of this process that has a file open. */
function descriptorOf(path: string): number {
  const probe = readFileSync(path)
  expect(probe.length).toBeGreaterThan(0)
  const folderOfDescriptors = process.platform === 'linux' ? '/proc/self/fd' : '/dev/fd'
  for (const name of readdirSync(folderOfDescriptors)) {
    const out = spawnSync('readlink', [join(`/proc/${process.pid}/fd`, name)], { encoding: 'utf8' }).stdout.trim()
    if (out === path) return Number(name)
  }
  throw new Error(`No descriptor of ${path} is open`)
}
