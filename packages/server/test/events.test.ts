import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inputResolved, nextId, runCreated } from './_events.ts'
import { createTestServer, type TestServer } from './_server.ts'

let server: TestServer
beforeAll(async () => {
  server = await createTestServer()
})
afterAll(() => server[Symbol.asyncDispose]())

describe('one event', () => {
  test('is stored, acknowledged with its place, and can be read back', async () => {
    const event = runCreated('run-stored', { payload: { note: 'hello' } })
    const before = await server.size()
    const { status, body } = await server.send(event)
    expect(status).toBe(200)
    const acks = body['acks'] as Record<string, unknown>[]
    expect(acks).toHaveLength(1)
    expect(acks[0]).toMatchObject({ position: 0, event_id: event.event_id, status: 'stored' })
    expect(acks[0]?.['index']).toBeGreaterThanOrEqual(before)
    expect(body['rejected']).toEqual([])
    expect(body['size']).toBe(await server.size())
    expect(body['checkpoint']).toContain(`\n${String(body['size'])}\n`)

    const read = await server.request(`/v1/events/${event.event_id}`)
    expect(read.status).toBe(200)
    expect(read.body['event']).toMatchObject({
      event_id: event.event_id,
      event_type: 'run_created',
      run_id: 'run-stored',
    })
    expect(JSON.parse(read.body['leaf'] as string)).toEqual(read.body['event'])
    expect(read.body['payload']).toMatchObject({ state: 'present', content: { note: 'hello' } })
  })

  test('sent twice is acknowledged twice and stored once', async () => {
    const event = runCreated('run-twice')
    const first = await server.send(event)
    const size = await server.size()
    const second = await server.send(event)
    expect(second.status).toBe(200)
    expect(second.body['acks']).toEqual([{ ...(first.body['acks'] as object[])[0], status: 'duplicate' }])
    expect(await server.size()).toBe(size)
  })

  test('with other content under the same id is 409 id_conflict', async () => {
    const event = runCreated('run-conflict')
    await server.send(event)
    const { status, body } = await server.send({ ...event, customer_id: 'other' })
    expect(status).toBe(409)
    expect(body).toMatchObject({ code: 'id_conflict', status: 409 })
  })

  test.for([
    ['a reserved type', { event_type: 'key_changed' }, 403, 'type_reserved'],
    ['an unknown type', { event_type: 'run_exploded' }, 422, 'type_unknown'],
    ['a version to come', { schema_version: '1.999' }, 422, 'version_unsupported'],
    ['a field of the server', { recorded_at: '2026-01-01T00:00:00.000Z' }, 422, 'field_reserved'],
    ['an unknown field', { colour: 'red' }, 422, 'field_unknown'],
    ['a wrong value', { trigger: { type: 'magic' } }, 422, 'field_invalid'],
    ['a lone surrogate', { customer_id: '\ud800' }, 400, 'json_lone_surrogate'],
    ['a payload beyond its limit', { payload: 'x'.repeat(1024 * 1024 + 1) }, 413, 'payload_too_large'],
    [
      'an envelope beyond its limit',
      {
        attributes: Object.fromEntries(Array.from({ length: 32 }, (_, i) => [`k${i}`, 'é'.repeat(256)])),
        correlation_id: 'c'.repeat(128),
      },
      413,
      'envelope_too_large',
    ],
  ] as const)('%s is refused with its own status', async ([, change, status, code]) => {
    const before = await server.size()
    const answer = await server.send(runCreated(`run-${code}`, change))
    expect([answer.status, answer.body['code']]).toEqual([status, code])
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(answer.body['type']).toBe(`urn:counterfoil:problem:${code}`)
    expect((await server.request(`/v1/runs/run-${code}`)).status).toBe(404)
    expect(await server.size()).toBeLessThanOrEqual(before + 1) // a refusal may itself be recorded
  })

  test('that lacks a field points at it', async () => {
    const { run_seq: _, ...event } = runCreated('run-without-seq')
    const { status, body } = await server.send(event)
    expect([status, body['code'], body['pointer']]).toEqual([422, 'field_missing', '/run_seq'])
  })

  test('carries a proof when one is asked for', async () => {
    const { body } = await server.send(runCreated('run-proof'), '/v1/events?proof=1')
    const [ack] = body['acks'] as { index: number; leaf_hash: string; proof: Record<string, unknown> }[]
    expect(ack?.proof).toMatchObject({ index: ack?.index, leaf_hash: ack?.leaf_hash })
  })

  test('of an importer is graded inferred, another is not', async () => {
    const inferred = runCreated('run-inferred')
    await server.send(inferred, '/v1/events?assurance=inferred')
    const plain = runCreated('run-plain')
    await server.send(plain)
    const assuranceOf = async (id: string): Promise<unknown> =>
      ((await server.request(`/v1/events/${id}`)).body['event'] as Record<string, unknown>)['assurance']
    expect(await assuranceOf(inferred.event_id)).toBe('inferred')
    expect(await assuranceOf(plain.event_id)).not.toBe('inferred')
  })

  test('keeps secrets out', async () => {
    // Put together at run time, so that no scanner takes this file for a leak.
    const secret = `ghp_${'A1b2C3d4E5f6'.repeat(3)}`
    const event = runCreated('run-secret', { payload: { password: 'hunter2hunter2', text: `use ${secret} please` } })
    expect((await server.send(event)).status).toBe(200)
    const { text } = await server.request(`/v1/events/${event.event_id}`)
    expect(text).not.toContain(secret)
    expect(text).not.toContain('hunter2hunter2')
  })

  test('needs a media type that is read here', async () => {
    const options = { method: 'POST', body: JSON.stringify(runCreated('run-media')) }
    for (const type of ['text/plain', 'application/xml', 'application/json; charset=latin1']) {
      const { status, body } = await server.request('/v1/events', { ...options, headers: { 'content-type': type } })
      expect([status, body['code']]).toEqual([415, 'media_type_unsupported'])
    }
    const headers = { 'content-type': 'Application/JSON; Charset="UTF-8"' }
    expect((await server.request('/v1/events', { ...options, headers })).status).toBe(200)
  })

  test('a time of sending that is none is refused', async () => {
    const late = runCreated('run-sent-at')
    for (const header of ['yesterday', '2026-02-30T00:00:00.000Z', '2026-01-01']) {
      const { status, body } = await server.send(late, '/v1/events', { headers: { 'counterfoil-sent-at': header } })
      expect([status, body['code']]).toEqual([400, 'header_invalid'])
    }
    const headers = { 'counterfoil-sent-at': new Date().toISOString() }
    expect((await server.send(late, '/v1/events', { headers })).status).toBe(200)
  })

  test('that is not there is 404, whatever its id looks like', async () => {
    for (const id of [nextId(), 'x', '%00', '%2e%2e%2f', "'--", '%E2%80%AE', 'a'.repeat(5_000)]) {
      const { status, body } = await server.request(`/v1/events/${id}`)
      expect([status, body['code']]).toEqual([404, 'event_unknown'])
    }
  })
})

describe('a batch', () => {
  test('keeps the good neighbours of a bad event', async () => {
    const [a, b, c] = [
      inputResolved('run-neighbours', 1),
      inputResolved('run-neighbours', 2),
      inputResolved('run-neighbours', 3),
    ]
    const { status, body } = await server.send([a, { ...b, colour: 'red' }, c])
    expect(status).toBe(200)
    expect((body['acks'] as { position: number }[]).map((ack) => ack.position)).toEqual([0, 2])
    expect(body['rejected']).toEqual([
      expect.objectContaining({ position: 1, event_id: b?.event_id, code: 'field_unknown', pointer: '/colour' }),
    ])
    expect((await server.request(`/v1/events/${b?.event_id ?? ''}`)).status).toBe(404)
  })

  test('may be one event a line, where a broken line costs itself alone', async () => {
    const lines = [
      JSON.stringify(inputResolved('run-lines', 1)),
      '{"event_id":',
      '',
      JSON.stringify(inputResolved('run-lines', 2)),
    ]
    const { status, body } = await server.request('/v1/events', {
      method: 'POST',
      body: `${lines.join('\r\n')}\n`,
      headers: { 'content-type': 'application/x-ndjson' },
    })
    expect(status).toBe(200)
    expect(body['acks']).toHaveLength(2)
    expect(body['rejected']).toEqual([expect.objectContaining({ position: 1, code: 'json_invalid' })])
  })

  test('is stored whole or not at all with atomic', async () => {
    const [a, b] = [inputResolved('run-atomic', 1), inputResolved('run-atomic', 2)]
    const refused = await server.send([a, { ...b, colour: 'red' }], '/v1/events?atomic=1')
    expect([refused.status, refused.body['code']]).toEqual([422, 'batch_rejected'])
    expect(refused.body['acks']).toEqual([])
    expect((await server.request(`/v1/events/${a?.event_id ?? ''}`)).status).toBe(404)
    const stored = await server.send([a, b], '/v1/events?atomic=1')
    expect(stored.body['acks']).toHaveLength(2)
  })

  test('of which nothing was stored is no success', async () => {
    const { status, body } = await server.send([{}, 7])
    expect([status, body['code']]).toEqual([422, 'batch_rejected'])
    expect((body['rejected'] as { position: number }[]).map(({ position }) => position)).toEqual([0, 1])
  })

  test('of one event is a batch all the same', async () => {
    expect((await server.send([{ ...runCreated('run-array'), colour: 'red' }])).body['code']).toBe('batch_rejected')
  })

  test('may be empty', async () => {
    const { status, body } = await server.send([])
    expect([status, body['acks'], body['rejected']]).toEqual([200, [], []])
  })

  test('of more than 1,000 events is refused as a whole', async () => {
    const before = await server.size()
    const events = Array.from({ length: 1_001 }, (_, i) => inputResolved('run-many', i))
    const { status } = await server.send(events)
    expect(status).toBe(413)
    expect(await server.size()).toBe(before)
    const stored = await server.send(events.slice(1))
    expect([stored.status, (stored.body['acks'] as unknown[]).length]).toEqual([200, 1_000])
  })

  test('with the same event twice stores it once', async () => {
    const event = inputResolved('run-double', 1)
    const { body } = await server.send([event, event])
    const acks = body['acks'] as { index: number; status: string }[]
    expect(acks.map(({ status }) => status)).toEqual(['stored', 'duplicate'])
    expect(acks[0]?.index).toBe(acks[1]?.index)
  })
})
