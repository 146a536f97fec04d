import { readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listSpool } from '../src/spool/index.ts'
import { startRecording } from './_child.ts'
import { createTestLog, inputOf, nowhere, openOutbox, orphan, processFoldersOf, type TestLog } from './_outbox.ts'

let log: TestLog
beforeAll(async () => {
  log = await createTestLog()
})
afterAll(() => log[Symbol.asyncDispose]())

/** An outbox that leaves something behind, as a process that was killed would. */
async function leave(spool: string, to = { url: log.url, key: 'a key that opens nothing' }): Promise<void> {
  const outbox = openOutbox(to, spool, { closeWithinMs: 0 })
  await outbox.record(inputOf('run-left', 0)).spooled
  await outbox[Symbol.asyncDispose]()
}

describe('two processes on one spool', () => {
  it('never touch the folder of one that lives', async () => {
    const spool = log.newSpool()
    const { child, ended, spoke } = startRecording(['forever', spool, log.url, 'a key that opens nothing'])
    await spoke
    const [folder = ''] = processFoldersOf(spool)
    await leave(spool)
    await leave(spool)
    expect(listSpool(spool).find((each) => each.folder === folder)).toMatchObject({ isLive: true })
    child.kill('SIGKILL')
    const { said } = await ended
    const dead = listSpool(spool).find((each) => each.folder === folder)
    expect(dead?.isLive).toBe(false)
    expect(dead?.events).toBeGreaterThanOrEqual(said.length)
  })

  it('that want the same left-overs at the same time deliver them once', async () => {
    const spool = log.newSpool()
    await log.stop()
    const first = openOutbox(log, spool, { closeWithinMs: 0 })
    const left = Array.from({ length: 200 }, (_, at) => first.record(inputOf('run-both', at)))
    await first[Symbol.asyncDispose]()
    await log.start()
    orphan(spool)
    const both = [0, 1, 2].map(() => openOutbox(log, spool, { closeWithinMs: 60_000 }))
    await Promise.all(both.map((outbox) => outbox[Symbol.asyncDispose]()))
    const ids = (await log.eventsOf(first)).map(({ event_id: id }) => id)
    expect(ids.slice(1, -1)).toEqual(left.map(({ eventId }) => eventId))
    expect(listSpool(spool)).toEqual([])
  })
})

/** Makes the folders those of another machine, whose processes nobody here can see. */
function carryAway(spool: string, untouchedMs: number): void {
  for (const folder of processFoldersOf(spool)) {
    const file = join(folder, 'owner.json')
    const { released: _released, ...owner } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
    writeFileSync(file, JSON.stringify({ ...owner, host: 'another-machine', boot: 'another-boot' }))
    const at = new Date(Date.now() - untouchedMs)
    utimesSync(file, at, at)
  }
}

describe('left-overs', () => {
  it('of a process that cannot be seen from here are taken over after ten minutes of silence, and not before', async () => {
    const spool = log.newSpool()
    await log.stop()
    const first = openOutbox(log, spool, { closeWithinMs: 0 })
    const left = Array.from({ length: 5 }, (_, at) => first.record(inputOf('run-away', at)))
    await first[Symbol.asyncDispose]()
    await log.start()
    for (const [minutes, isTaken] of [
      [9, false],
      [11, true],
    ] as const) {
      carryAway(spool, minutes * 60_000)
      const outbox = openOutbox(log, spool, { closeWithinMs: 30_000 })
      await outbox[Symbol.asyncDispose]()
      const ids = (await log.eventsOf(first)).map(({ event_id: id }) => id)
      expect([minutes, ids.slice(1, -1)]).toEqual([minutes, isTaken ? left.map(({ eventId }) => eventId) : []])
    }
  })

  it('for another log, or by another key, stay where they are', async () => {
    const spool = log.newSpool()
    await leave(spool, nowhere)
    await leave(spool)
    orphan(spool)
    const outbox = openOutbox(log, spool)
    await outbox.record(inputOf('run-own', 0)).confirmed(30_000)
    await outbox[Symbol.asyncDispose]()
    expect(new Map(listSpool(spool).map(({ place, events }) => [place, events]))).toEqual(
      new Map([
        [log.url, 3],
        [nowhere.url, 3],
      ]),
    )
  })

  it('of another key are delivered when the log is known to be the same', async () => {
    const spool = log.newSpool()
    const outbox = openOutbox(log, spool, { closeWithinMs: 0 })
    await outbox.record(inputOf('run-rotated', 0)).confirmed(30_000)
    await log.stop()
    await outbox.record(inputOf('run-rotated', 1)).spooled
    await outbox[Symbol.asyncDispose]()
    await log.start()
    orphan(spool)
    const { key } = (await (
      await fetch(`${log.url}/v1/keys`, {
        method: 'POST',
        headers: { authorization: `Bearer ${log.key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ scopes: ['ingest'], name: 'new' }),
      })
    ).json()) as { key: string }
    const next = openOutbox({ url: log.url, key }, spool, { closeWithinMs: 60_000 })
    await next.record(inputOf('run-rotated', 2)).confirmed(30_000)
    await next[Symbol.asyncDispose]()
    const events = (await log.events()).filter(({ run_id: run }) => run === 'run-rotated')
    expect(new Set(events.map(({ run_seq: seq }) => seq))).toEqual(new Set([0, 1, 2]))
    expect(events).toHaveLength(3)
    expect(listSpool(spool)).toEqual([])
  })

  it('that somebody takes away while they wait hold nothing up', async () => {
    const spool = log.newSpool()
    await leave(spool)
    orphan(spool)
    const outbox = openOutbox({ url: log.url, key: 'a key that opens nothing' }, spool, { closeWithinMs: 0 })
    for (const folder of processFoldersOf(spool)) {
      if (!folder.includes('.of-')) continue
      renameSync(folder, `${folder}.gone`)
      rmSync(`${folder}.gone`, { recursive: true })
    }
    await expect(outbox.record(inputOf('run-own', 0)).confirmed(30_000)).rejects.toMatchObject({ code: 'key_refused' })
    await outbox[Symbol.asyncDispose]()
  })
})
