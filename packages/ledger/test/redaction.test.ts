import { eventDefinitions, type EventDefinition } from '@counterfoil/schema'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Principal } from '@counterfoil/ledger'
import { nextId, runCreated, runEvent } from './_events.ts'
import { filesUnder } from '../../store/test/files-under.ts'
import { filesHolding, openTestLedger, type TestEvent, type TestLedger } from './_ledger.ts'

/** Made at run time, so that no secret-looking string stands in this repository; each is another one. */
let made = 0
const alphabet = 'QWERTZUIOPLKJHGFDSAYXCVBNMqwertzuioplkjhgfdsayxcvbnm0192837465'
function letters(count: number): string {
  made += 1
  let seed = made * 7_919
  return Array.from({ length: count }, () => {
    seed = (seed * 48_271) % 2_147_483_647
    return alphabet[seed % alphabet.length]
  }).join('')
}
const tokenStart = ['g', 'h', 'p', '_'].join('')
const providerToken = (): string => `${tokenStart}${letters(36)}`
const passwordName = ['pass', 'word'].join('')

/** Everything that was sent and must be nowhere. */
const secrets: string[] = []
function secret(): string {
  const token = providerToken()
  secrets.push(token)
  return token
}

let open: TestLedger
let key: Principal
let observer: Principal

beforeAll(async () => {
  open = await openTestLedger()
  key = await open.key('ingest')
  observer = await open.key('observe')
})
afterAll(() => open[Symbol.asyncDispose]())

/** Fields whose form leaves no room for a secret, or whose words are a closed list. */
const idPattern = '^[\\x21-\\x7e]{1,128}$'

/** Pointers to every place of a type that takes an id or a free string. */
function freePlaces({ schema }: EventDefinition): string[] {
  const places: string[] = []
  const walk = (part: unknown, pointer: string): void => {
    if (typeof part !== 'object' || part === null) return
    const { type, pattern, properties, items } = part as {
      type?: string
      pattern?: string
      properties?: object
      items?: unknown
    }
    if (type === 'string' && !('const' in part) && (pattern === undefined || pattern === idPattern))
      places.push(pointer)
    for (const [name, member] of Object.entries(properties ?? {})) walk(member, `${pointer}/${name}`)
    if (items !== undefined) walk(items, `${pointer}/0`)
  }
  walk(schema, '')
  return [...places, '/attributes/note']
}

/** A minimal value around a place: what its object needs, from the type's schema. */
function withAt(event: TestEvent, definition: EventDefinition, pointer: string, value: string): TestEvent {
  const tokens = pointer.split('/').slice(1)
  const [head = '', ...rest] = tokens
  if (rest.length === 0) return { ...event, [head]: value }
  if (head === 'attributes') return { ...event, attributes: { note: value } }
  const schema = definition.schema.properties[head] as { items?: object } | undefined
  const base = (event[head] ?? filled(schema)) as Record<string, unknown> | Record<string, unknown>[]
  if (Array.isArray(base)) return { ...event, [head]: [{ ...base[0], [rest[1] ?? '']: value }] }
  return { ...event, [head]: { ...base, [rest[0] ?? '']: value } }
}

function filled(schema: unknown): unknown {
  const {
    type,
    enum: words,
    properties,
    required,
    items,
    pattern,
    minimum,
  } = schema as Record<string, unknown> & {
    enum?: unknown[]
    required?: string[]
    properties?: Record<string, unknown>
    items?: unknown
  }
  if (words !== undefined) return words[0]
  if (type === 'array') return [filled(items)]
  if (type === 'object') return Object.fromEntries((required ?? []).map((name) => [name, filled(properties?.[name])]))
  if (type === 'integer') return minimum ?? 0
  if (typeof pattern === 'string' && pattern.includes('{16,128}')) return `sha-256:${'0'.repeat(64)}`
  return typeof pattern === 'string' && pattern.startsWith('^[0-9a-f]{8}-') ? nextId() : 'x'
}

const writable = (eventDefinitions as readonly EventDefinition[]).filter(({ writer }) => writer !== 'server')

test('a secret in any string of any envelope is removed, and the removal is on record', async () => {
  const sent: { event: TestEvent; place: string; by: Principal }[] = []
  for (const definition of writable) {
    for (const place of freePlaces(definition)) {
      const base: TestEvent = { ...definition.example, event_id: nextId() }
      if (definition.inRun !== 'never') base['run_id'] = `run-${definition.type}`
      const event = withAt(base, definition, place, secret())
      sent.push({ event, place, by: definition.writer === 'observer' ? observer : key })
    }
  }
  expect(sent.length).toBeGreaterThan(300)
  for (const by of [key, observer])
    await open.store(
      sent.filter((one) => one.by === by).map(({ event }) => event),
      by,
    )
  for (const { event, place } of sent) {
    const { event: leaf } = await open.log.event(String(event['event_id']))
    const { redactions } = leaf as { redactions?: { path: string; rule: string }[] }
    // What the producer says that it removed stands in front.
    const ours = place === '/redactions/0/path' ? redactions?.slice(1) : redactions
    expect([place, ours?.map(({ path }) => path)]).toEqual([place, [place]])
    expect(ours?.[0]?.rule).toMatch(/^[a-z0-9-]+$/)
  }
})

test('a secret in keys and values of payloads, in JSON within strings, and in summaries', async () => {
  const bodies: [string, (token: string) => TestEvent][] = [
    ['a value', (token) => ({ payload: { deep: [{ text: `use ${token} now` }] } })],
    ['a bare string', (token) => ({ payload: token })],
    ['a key', (token) => ({ payload: { [token]: 1 } })],
    [
      'JSON in a string',
      (token) => ({ payload: { body: JSON.stringify({ headers: { authorization: `Bearer ${token}` } }) } }),
    ],
    ['an escaped value', (token) => ({ payload: { text: token } })],
    ['a header', (token) => ({ payload: { headers: [{ name: 'Authorization', value: `token ${token}` }] } })],
    ['a summary', (token) => ({ summary: `called with ${token}` })],
    ['parameters of a proposal', (token) => ({ payload: { parameters: { note: token } } })],
  ]
  for (const [what, body] of bodies) {
    const token = secret()
    const event = { ...runEvent('input_resolved', 'run-bodies', made), ...body(token) }
    const text = JSON.stringify(event)
    const sent =
      what === 'an escaped value'
        ? text.replace(token, Array.from(token, (c) => `\\u00${c.charCodeAt(0).toString(16)}`).join(''))
        : text
    const { rejected } = await open.log.ingest(sent, { principal: key, format: 'json' })
    expect([what, rejected]).toEqual([what, []])
    const report = await open.log.event(String(event['event_id']))
    const { redactions } = report.event as { redactions?: { path: string; rule: string }[] }
    expect([what, redactions?.every(({ path }) => /^\/(payload|summary)/.test(path))]).toEqual([what, true])
    expect(JSON.stringify(report)).not.toContain(token)
  }
})

test('a password is removed by the name of its member, whatever it looks like', async () => {
  const word = letters(12)
  secrets.push(word)
  const event = runCreated('run-password', {
    attributes: { [passwordName]: word },
    payload: { login: { [passwordName]: word, user: 'maria' } },
  })
  await open.store(event, key)
  const { event: leaf, payload } = await open.log.event(String(event['event_id']))
  const { redactions } = leaf as { redactions?: { path: string }[] }
  expect(redactions?.map(({ path }) => path).toSorted()).toEqual(['/attributes/password', '/payload'])
  expect(payload?.content).toEqual({ login: { [passwordName]: '[redacted:key-password]', user: 'maria' } })
})

test('names of a payload are not in the leaf, however many and long they are', async () => {
  const person = `${letters(8)}@example.com`
  const long = Object.fromEntries(
    Array.from({ length: 100 }, (_, at) => [`${'k'.repeat(300)}${at}`, { [passwordName]: 'x' }]),
  )
  const event = runCreated('run-names', { payload: { [person]: { [passwordName]: 'x' }, ...long } })
  await open.store(event, key)
  const report = await open.log.event(String(event['event_id']))
  expect(JSON.stringify(report.event)).not.toContain(person)
  expect((report.event as { redactions?: unknown }).redactions).toEqual([{ path: '/payload', rule: 'key-password' }])
  expect(report.payload?.content).toMatchObject({ [person]: { [passwordName]: '[redacted:key-password]' } })
})

test('runs whose numbers look like cards, or whose ids are tokens, stay apart', async () => {
  const ids = [`4${'1'.repeat(15)}`, `55${'0'.repeat(13)}4`, providerToken(), providerToken()]
  secrets.push(...ids.slice(2))
  const events = ids.map((id) => runCreated(id))
  await open.store(events, key)
  const stored: unknown[] = []
  for (const event of events) {
    const { event: leaf } = await open.log.event(String(event['event_id']))
    stored.push((leaf as { run_id?: unknown }).run_id)
  }
  expect(new Set(stored).size).toBe(4)
  expect(stored.slice(0, 2)).toEqual(ids.slice(0, 2))
})

test('a name that is a secret, beside one that is called like its marker', async () => {
  const token = secret()
  const parameters = { [token]: 1, '[redacted:github-token]': 2 }
  const event: TestEvent = {
    ...runEvent('decision_proposed', 'run-marker', made),
    action: { id: nextId(), type: 'mail.send', effect_class: 'write' },
    payload: { parameters },
  }
  await open.store(event, key)
  const { payload } = await open.log.event(String(event['event_id']))
  expect(payload?.content).toEqual({
    parameters: { '[redacted:github-token][2]': 1, '[redacted:github-token]': 2 },
  })
})

test('a refused event leaves nothing of its secrets either', async () => {
  const bodies = [
    { surprise: secret() },
    { workflow: { name: secret(), [`x${secret()}`]: 1 } },
    { run_id: `${secret()} ` },
  ]
  const { rejected } = await open.send(
    bodies.map((body) => runCreated('run-refused', { ...body, payload: { a: secret() } })),
    key,
  )
  expect(rejected.length).toBe(bodies.length)
})

test('the search finds nothing by them', async () => {
  await open.ledger.settleText()
  for (const token of secrets.slice(-12)) {
    expect((await open.log.runs({ query: `"${token}"` })).runs).toEqual([])
  }
})

test('what the producer removed is on record beside what the server removed, and its marks stay', async () => {
  const eventId = nextId()
  const own = [
    { path: '/payload/login/pin', rule: 'key-pin' },
    { path: '/summary', rule: 'internal-rule' },
  ]
  const sent = runEvent('input_resolved', 'run-both', 1, {
    event_id: eventId,
    redactions: own,
    payload: { login: { pin: '[redacted:key-pin]', [passwordName]: secret() }, note: 'see [redacted:internal-rule]' },
    summary: 'from [redacted:internal-rule]',
  })
  await open.store([runCreated('run-both'), sent], key)
  const report = await open.log.event(eventId)
  const leaf = report.event as { redactions?: unknown }
  expect(leaf.redactions).toEqual([
    { path: '/payload', rule: 'key-pin' },
    { path: '/summary', rule: 'internal-rule' },
    { path: '/payload', rule: 'key-password' },
  ])
  expect(report.payload?.content).toEqual({
    login: { pin: '[redacted:key-pin]', [passwordName]: '[redacted:key-password]' },
    note: 'see [redacted:internal-rule]',
  })
  expect(report.summary).toBe('from [redacted:internal-rule]')
  // The leaf has the list once, in the order of the schema, and the same again is the same.
  expect(report.leaf.match(/"redactions"/g)).toHaveLength(1)
  expect((await open.send(sent, key)).acks).toMatchObject([{ status: 'duplicate' }])
  const other = { ...sent, redactions: own.slice(1) }
  expect((await open.send(other, key)).rejected).toMatchObject([{ code: 'id_conflict' }])
})

test('a full list of the producer and one more removal still fit', async () => {
  const eventId = nextId()
  const own = Array.from({ length: 64 }, (_, at) => ({ path: '/payload', rule: `rule-${at}` }))
  await open.store(
    runEvent('input_resolved', 'run-both', 2, {
      event_id: eventId,
      redactions: own,
      payload: { [passwordName]: secret() },
    }),
    key,
  )
  const { redactions } = (await open.log.event(eventId)).event as { redactions?: unknown[] }
  expect(redactions).toEqual([...own.slice(0, 63), { path: '', rule: 'and-2-more' }])
})

test('no byte of a secret is in any file, and the scan would see it', async () => {
  const seen = `needle${letters(12)}`
  await open.store(runCreated('run-needle', { customer_id: seen, payload: { text: `body${seen}` } }), key)
  await open.ledger.settleText()
  expect(filesUnder(open.folder).length).toBeGreaterThan(5)
  expect(filesHolding(open.folder, secrets)).toEqual([])
  expect(filesHolding(open.folder, [seen]).length).toBeGreaterThan(1)
  await open.close()
  expect(secrets.length).toBeGreaterThan(300)
  expect(filesHolding(open.folder, secrets)).toEqual([])
  expect(filesHolding(open.folder, [seen]).length).toBeGreaterThan(1)
})
