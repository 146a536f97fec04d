import { validateEvent } from '@counterfoil/schema/validate'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { isCode, toAttributes, toCode, toId } from './envelope-words.ts'
import { ref, toReference } from './reference.ts'

const runCreated = {
  schema_version: '1.0',
  event_id: '01939c5e-7a10-7c3e-8d55-3f0a6d1b2c44',
  event_type: 'run_created',
  run_id: 'r',
  run_seq: 0,
  workflow: { name: 'w' },
  trigger: { type: 'api' },
}

test('any attributes make a valid event', () => {
  const value = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 400 }),
    fc.double(),
    fc.integer(),
    fc.boolean(),
    fc.bigInt(),
    fc.object(),
  )
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'binary', maxLength: 90 }), value, { maxKeys: 50 }), (values) => {
      expect(() => validateEvent({ ...runCreated, attributes: toAttributes(values) })).not.toThrow()
    }),
  )
  expect(toAttributes({ amountMinor: 5, status: 'x', Order: 'W1', gone: undefined, ratio: 1.5 })).toEqual({
    amount_minor: 5,
    attr_status: 'x',
    order: 'W1',
    ratio: '1.5',
  })
})

test('any id and kind of thing makes a valid reference, and two ids never become one', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', minLength: 1 }),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }),
      (type, id) => {
        const target = toReference(ref(type, id, id))
        expect(() =>
          validateEvent({
            ...runCreated,
            event_type: 'decision_proposed',
            workflow: undefined,
            trigger: undefined,
            action: { id: runCreated.event_id, type: toCode(type), effect_class: 'write' },
            target,
          }),
        ).toThrow(/workflow|trigger/)
        expect(isCode(target?.type)).toBe(true)
        expect(target?.id).toMatch(/^[\x21-\x7e]{1,128}$/)
        expect(toId(`${id}!`)).not.toBe(target?.id)
      },
    ),
  )
  expect([toId(''), toId(null), toId(undefined), toId({}), toId(true)]).toEqual(Array.from({ length: 5 }))
  expect([toId('W 1%'), toId(5), toId(12n), toId('Ä')]).toEqual(['W%201%25', '5', '12', '%C3%84'])
})

test('names become codes', () => {
  expect(['PurchaseOrder', 'purchase-order', 'refund.create', '9lives', 'Größe', '!!!'].map(toCode)).toEqual([
    'purchase_order',
    'purchase_order',
    'refund.create',
    'lives',
    'gr_e',
    'other',
  ])
})
