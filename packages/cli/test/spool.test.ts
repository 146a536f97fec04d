import { join } from 'node:path'
import { createRedactor } from '@counterfoil/schema/redact'
import { createOutbox, HttpTransport, type Outbox } from '@counterfoil/sdk/outbox'
import { listSpool } from '@counterfoil/sdk/spool'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createPlace, jsonLines, serve, type Place } from './_program.ts'

let place: Place
beforeEach(() => {
  place = createPlace()
})
afterEach(() => place.remove())

function openOutbox(url: string, key: string): Outbox {
  return createOutbox({
    transport: new HttpTransport({ url, key }),
    spool: join(place.folder, 'counterfoil-spool'),
    redactor: createRedactor(),
    onProblem: () => undefined,
    closeWithinMs: 30_000,
  })
}

const input = { event_type: 'input_resolved', run_id: 'run-1', run_seq: 0 } as const

it('shows what waits and what was refused, puts it back, and accepts another log', async () => {
  const { url, admin_key: key = '' } = await serve(place)
  const outbox = openOutbox(url, key)
  const refused = outbox.record({ ...input, payload: { text: 'hello\u202e' }, nonsense: 1 })
  await expect(refused.confirmed(30_000)).rejects.toMatchObject({ code: 'event_refused' })
  await outbox.flush(30_000)
  await expect.poll(() => listSpool(join(place.folder, 'counterfoil-spool'))[0]?.events, { timeout: 10_000 }).toBe(0)
  const state = await place.run('spool', '--json')
  expect(jsonLines(state.out)).toMatchObject([{ place: url, is_live: true, events: 0 }, { dead_letters: 1 }])

  const { out: listed } = await place.run('spool', 'list')
  expect(listed).toContain(`${refused.eventId}\tinput_resolved\tfield_unknown\t/nonsense\t`)
  const { out: shown } = await place.run('spool', 'show', refused.eventId.slice(0, 30))
  expect(shown).toContain(`refused by ${url}`)
  expect(shown).toContain('"text": "hello⟦U+202E⟧"')
  const [whole] = jsonLines((await place.run('spool', 'show', refused.eventId, '--json')).out)
  expect(whole).toMatchObject({ event_id: refused.eventId, code: 'field_unknown', event: { nonsense: 1 } })

  expect(await place.run('spool', 'retry', 'unknown')).toMatchObject({ code: 5 })
  const retried = await place.run('spool', 'retry', refused.eventId, '--json')
  expect(jsonLines(retried.out)).toEqual([{ put_back: 1 }])
  expect((await place.run('spool', 'list')).out).toBe('nothing was refused\n')
  await outbox[Symbol.asyncDispose]()
  const after = await place.run('spool', '--json')
  expect(jsonLines(after.out)).toMatchObject([{ place: url, is_live: false, events: 1 }, { dead_letters: 0 }])

  expect(await place.run('spool', 'accept-log', 'http://127.0.0.1:9')).toMatchObject({ code: 5 })
  const accepted = await place.run('spool', 'accept-log', `${url}/`, '--json')
  expect(jsonLines(accepted.out)).toEqual([{ place: url, forgotten: 1 }])
})

it('says where it looked when there is no spool', async () => {
  const { code, err } = await place.runWith({ env: { COUNTERFOIL_SPOOL: './elsewhere' } }, 'spool', 'list')
  expect(code).toBe(5)
  expect(err).toContain('There is no spool at ./elsewhere.')
})
