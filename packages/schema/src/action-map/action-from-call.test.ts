import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { validateEvent } from '../validate.ts'
import { actionFromCall, lookupTool, parseActionMap, type ToolRule } from './index.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const mapOf = (rule: Partial<ToolRule>) =>
  parseActionMap({
    version: 1,
    name: 'shop',
    tools: { refund: { action: 'refund.create', effect: 'financial', ...rule } },
  })
const call = (rule: Partial<ToolRule>, args: unknown) => actionFromCall(mapOf(rule), 'refund', args, sha256)

const idOf = (order: string) => call({ target: { type: 'order', id: '/order' } }, { order }).target?.id

describe('lookupTool', () => {
  const map = parseActionMap({
    version: 1,
    name: 'shop',
    tools: {
      'get_*': { action: 'any.get', effect: 'read' },
      'get_order_*': { action: 'order.get', effect: 'read' },
      get_order_total: { action: 'total.get', effect: 'read' },
    },
  })
  test('the name itself, else the longest beginning, else nothing', () => {
    expect(lookupTool(map, 'get_order_total')?.action).toBe('total.get')
    expect(lookupTool(map, 'get_order_lines')?.action).toBe('order.get')
    expect(lookupTool(map, 'get_user')?.action).toBe('any.get')
    expect(lookupTool(map, 'delete_user')).toBeUndefined()
    expect(lookupTool(map, 'constructor')).toBeUndefined()
    expect(lookupTool({ ...map, default: { action: 'x.y', effect: 'execute' } }, 'delete_user')?.action).toBe('x.y')
  })
})

describe('actionFromCall', () => {
  test('takes target, others and attributes out of the arguments', () => {
    const action = call(
      {
        target: { type: 'order', id: '/order', version: '/etag' },
        also_affects: [{ type: 'item', id: '/items' }],
        attributes: {
          order_no: '/order',
          amount_minor: { pointer: '/amount', scale: 2 },
          currency: { value: 'EUR' },
          rate: '/rate',
        },
      },
      { order: 'W1001', etag: 7, items: ['a', 'b'], amount: 98.7, rate: 0.19 },
    )
    expect(action).toMatchObject({
      mapped: true,
      type: 'refund.create',
      effectClass: 'financial',
      target: { type: 'order', id: 'W1001', version: '7' },
      alsoAffects: [
        { type: 'item', id: 'a' },
        { type: 'item', id: 'b' },
      ],
      attributes: { order_no: 'W1001', amount_minor: 9870, currency: 'EUR', rate: '0.19' },
    })
  })

  test('a pointer to a list: the first is the target, the others are affected too', () => {
    const action = call({ target: { type: 'mailbox', id: '/to' } }, { to: ['a@example.com', 'b@example.com'] })
    expect(action.target).toEqual({ type: 'mailbox', id: 'a@example.com' })
    expect(action.alsoAffects).toEqual([{ type: 'mailbox', id: 'b@example.com' }])
  })

  test('an address can be told apart without being told', () => {
    const rule: Partial<ToolRule> = {
      target: { type: 'mailbox', id: '/to', digest: true },
      also_affects: [{ type: 'mailbox', id: '/cc', digest: true }],
    }
    const action = call(rule, { to: ['ana@example.com', 'bo@example.com'], cc: 'ana@example.com' })
    const ana = { type: 'mailbox', id: `sha256:${sha256('ana@example.com')}` }
    expect(action.target).toEqual(ana)
    expect(action.alsoAffects).toEqual([{ type: 'mailbox', id: `sha256:${sha256('bo@example.com')}` }, ana])
    expect(JSON.stringify({ ...action, rule: undefined })).not.toContain('@')
    expect(call(rule, { to: '', cc: null }).target).toBeUndefined()
  })

  test.each([
    ['98.7', 9870],
    [1.1, 110],
    [24.5, 2450],
    [-3, -300],
    [0.005, undefined],
    ['12,50', undefined],
    [9e15, undefined],
    [true, undefined],
  ])('minor units of %j are exact or absent', (amount, minor) => {
    const { attributes } = call({ attributes: { amount_minor: { pointer: '/amount', scale: 2 } } }, { amount })
    expect(attributes?.['amount_minor']).toBe(minor)
  })

  test('two values never share an id, whatever they contain', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        fc.pre(a !== b && a !== '' && b !== '')
        expect(idOf(a)).not.toBe(idOf(b))
      }),
    )
    expect(idOf('a b')).not.toBe(idOf('a%20b'))
    const long = 'x'.repeat(300)
    expect(idOf(`${long}1`)).not.toBe(idOf(`${long}2`))
  })

  test('without a rule the effect is unknown, and the type says which tool it was', () => {
    expect(actionFromCall(undefined, 'Send Mail!', {}, sha256)).toEqual({
      mapped: false,
      type: 'tool.send_mail_',
      effectClass: 'execute',
    })
    expect(actionFromCall(mapOf({}), 'other', {}, sha256).mapped).toBe(false)
  })

  test.each(['\u115f', 'a\u202eb', 'a\u200bb', '\ud800', 'a\nb'])(
    '%j is no attribute: an envelope would refuse it',
    (value) => {
      const map = mapOf({ attributes: { note: '/note', order: '/order' } })
      expect(actionFromCall(map, 'refund', { note: value, order: 'W1' }, sha256).attributes).toEqual({ order: 'W1' })
    },
  )

  test('whatever the arguments are, the result fits the envelope', () => {
    const rule = {
      target: { type: 'order', id: '/a', version: '/b' },
      also_affects: [{ type: 'item', id: '/c' }],
      attributes: { one: '/a', two: { pointer: '/b', scale: 2 }, three: '/c' },
    }
    const value = fc.oneof(
      fc.jsonValue(),
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.array(fc.string(), { maxLength: 90 }),
    )
    fc.assert(
      fc.property(fc.record({ a: value, b: value, c: value }), fc.string({ minLength: 1 }), (args, name) => {
        for (const map of [mapOf(rule), undefined]) {
          const action = actionFromCall(map, map === undefined ? name : 'refund', args, sha256)
          expect(() =>
            validateEvent({
              schema_version: '1.0',
              event_id: '01939c5e-7a10-7c3e-8d55-3f0a6d1b2c44',
              event_type: 'decision_proposed',
              run_id: 'r',
              run_seq: 0,
              action: {
                id: '01939c5e-7a10-7c3e-8d55-3f0a6d1b2c45',
                type: action.type,
                effect_class: action.effectClass,
              },
              ...(action.target === undefined ? {} : { target: action.target }),
              ...(action.alsoAffects === undefined ? {} : { also_affects: action.alsoAffects }),
              ...(action.attributes === undefined ? {} : { attributes: action.attributes }),
            }),
          ).not.toThrow()
        }
      }),
    )
  })
})
