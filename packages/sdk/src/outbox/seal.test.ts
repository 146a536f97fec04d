import { createRedactor, type Redactor } from '@counterfoil/schema/redact'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sealAnyway } from './seal-anyway.ts'
import { sealEvent } from './seal.ts'

const redactor = createRedactor()
const secret = ['ghp', 'A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8'].join('_')
const draft = (more: object): string =>
  JSON.stringify({
    schema_version: '1.0',
    event_id: '01939c5e-7a10-7c3e-8d55-3f0a6d1b2c44',
    event_type: 'input_resolved',
    run_id: 'run-1',
    run_seq: 0,
    producer: { instance: 'one', seq: 7 },
    ...more,
  })

describe('sealing an event', () => {
  it('leaves everything as it is when nothing is secret', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.integer(), fc.boolean(), fc.string({ unit: 'grapheme', maxLength: 6 }))),
        (payload) => {
          const text = draft({ payload, summary: 'short' })
          expect(JSON.parse(sealEvent(text, redactor))).toEqual(JSON.parse(text))
        },
      ),
    )
  })

  it('takes secrets out of envelope, payload and summary, and says where and why', () => {
    const line = sealEvent(
      draft({ tool: { name: secret }, payload: { a: [secret] }, summary: `it was ${secret}` }),
      redactor,
    )
    expect(line).not.toContain(secret)
    expect((JSON.parse(line) as { redactions: { path: string }[] }).redactions.map(({ path }) => path)).toEqual([
      '/tool/name',
      '/payload',
      '/summary',
    ])
  })

  it('keeps what its caller has left out before', () => {
    const earlier = { path: '/payload', rule: 'cut' }
    const sealed = JSON.parse(sealEvent(draft({ redactions: [earlier], payload: { key: secret } }), redactor)) as {
      redactions: unknown[]
    }
    expect(sealed.redactions).toEqual([earlier, { path: '/payload', rule: 'github-token' }])
  })
})

describe('sealing what cannot be sealed', () => {
  it('mends half characters, wherever they are', () => {
    const { line, loss } = seal(draft({ run_id: 'run-\ud800', payload: { 'k\udc00': ['cut \ud83d', secret] } }))
    expect(loss).toBeUndefined()
    expect(line).not.toContain(secret)
    expect(JSON.parse(line)).toMatchObject({
      run_id: 'run-\ufffd',
      payload: { 'k\ufffd': ['cut \ufffd', '[redacted:github-token]'] },
    })
  })

  it('leaves out a payload that is too deep, and says so', () => {
    let payload: unknown = secret
    for (let depth = 0; depth < 100; depth++) payload = [payload]
    const { line, loss } = seal(draft({ payload }))
    expect(loss).toContain('was left out')
    expect(line).not.toContain(secret)
    expect(JSON.parse(line)).toMatchObject({ run_id: 'run-1', redactions: [{ path: '/payload', rule: 'unreadable' }] })
  })

  it('puts a refusal in the place of an event whose envelope cannot be searched', () => {
    const failing: Redactor = {
      ...redactor,
      redactEnvelope: () => {
        throw new Error('a rule failed')
      },
    }
    const { line, isReplaced, loss } = sealAnyway(draft({ run_id: secret }), failing, new Error('a rule failed'))
    expect(isReplaced).toBe(true)
    expect(line + loss).not.toContain(secret)
    expect(JSON.parse(line)).toMatchObject({
      event_type: 'event_refused',
      producer: { instance: 'one', seq: 7 },
      attributes: { refused_type: 'input_resolved', refused_seq: 7 },
    })
  })
})

function seal(text: string): ReturnType<typeof sealAnyway> {
  try {
    return { line: sealEvent(text, redactor) }
  } catch (error) {
    return sealAnyway(text, redactor, error)
  }
}
