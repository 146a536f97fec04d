import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import type { PreparedEvent } from '../../prepared-event.ts'
import { buffersOf, packRequest, unpackEvents } from './packed-events.ts'

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
const digest = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex'))

const event: fc.Arbitrary<PreparedEvent> = fc
  .record(
    {
      envelope: text,
      payload: text,
      summary: text,
      actionText: text,
      assurance: fc.constantFrom('claimed', 'inferred'),
      redactions: fc.array(fc.record({ path: text, rule: text }), { maxLength: 2 }),
      sentDigest: digest,
    },
    { requiredKeys: ['envelope', 'redactions', 'sentDigest'] },
  )
  .map((one) => one as PreparedEvent)

const textOf = (bytes: Uint8Array | undefined): string | undefined => bytes && Buffer.from(bytes).toString('utf8')

it('events arrive in the other thread as they were sent', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 8 }), (events) => {
      const request = packRequest({ events, context: { keyId: 'local', assurance: 'authenticated', role: 'run' } })
      const arrived = structuredClone(request, { transfer: buffersOf(request) })
      expect(
        unpackEvents(arrived.events).map((one) => ({
          envelope: textOf(one.envelope),
          payload: textOf(one.payload),
          summary: textOf(one.summary),
          actionText: textOf(one.actionText),
          assurance: one.assurance,
          redactions: one.redactions,
          sentDigest: Buffer.from(one.sentDigest).toString('hex'),
        })),
      ).toEqual(
        events.map(({ envelope, payload, summary, actionText, assurance, redactions, sentDigest }) => ({
          envelope,
          payload,
          summary,
          actionText,
          assurance,
          redactions,
          sentDigest,
        })),
      )
      // Handed over, not copied.
      expect(request.events.bytes.byteLength).toBe(0)
    }),
  )
})
