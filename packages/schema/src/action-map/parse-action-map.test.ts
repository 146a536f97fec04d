import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ActionMapError, parseActionMap, parseActionMapText } from './index.ts'

const minimal = { version: 1, name: 'shop', tools: {} }
const withTool = (rule: object): unknown => ({
  ...minimal,
  tools: { refund: { action: 'refund.create', effect: 'financial', ...rule } },
})

function refusal(value: unknown): { code: string; pointer: string } {
  try {
    parseActionMap(value)
  } catch (error) {
    if (error instanceof ActionMapError) return { code: error.code, pointer: error.pointer }
    throw error
  }
  return { code: 'accepted', pointer: '' }
}

describe('parseActionMap', () => {
  test('takes every part of the format', () => {
    const map = {
      $schema: '../spec/action-map.schema.json',
      version: 1,
      name: 'shop.v2',
      description: 'What the shop agent can do.',
      tools: {
        refund: {
          description: 'Pays back.',
          action: 'refund.create',
          effect: 'financial',
          target: { type: 'order', id: '/order', version: '/etag' },
          also_affects: [
            { type: 'item', id: '/items' },
            { type: 'ledger', value: 'main' },
          ],
          attributes: { order: '/order', amount_minor: { pointer: '/amount', scale: 2 }, currency: { value: 'EUR' } },
          reversibility: 'one_way_consequential',
          receipt: { ref: '/refund/id' },
          result: {
            denied: [{ text_prefix: 'Denied' }],
            unknown: [{ text_pattern: 'time(d )?out' }],
            failure: [{ flag: '/error' }, { pointer: '/ok', equals: false }],
          },
        },
        'get_*': { action: 'shop.get', effect: 'read', trust: 'trusted' },
      },
      default: { action: 'shop.other', effect: 'execute' },
      result: { failure: [{ text_prefix: 'Error:' }] },
    }
    expect(parseActionMap(map)).toBe(map)
  })

  test.each([
    [42, 'action_map_field_invalid', ''],
    [{ name: 'x', tools: {} }, 'action_map_field_missing', '/version'],
    [{ ...minimal, version: 2 }, 'action_map_field_invalid', '/version'],
    [{ ...minimal, tool: {} }, 'action_map_field_unknown', '/tool'],
    [
      { ...minimal, tools: { refund: { action: 'refund.create' } } },
      'action_map_field_missing',
      '/tools/refund/effect',
    ],
    [withTool({ effect: 'steal' }), 'action_map_field_invalid', '/tools/refund/effect'],
    [withTool({ action: 'Refund' }), 'action_map_field_invalid', '/tools/refund/action'],
    [withTool({ efect: 'read' }), 'action_map_field_unknown', '/tools/refund/efect'],
    [withTool({ target: { type: 'order', id: 'order' } }), 'action_map_field_invalid', '/tools/refund/target/id'],
    [withTool({ receipt: { ref: '/a~2' } }), 'action_map_field_invalid', '/tools/refund/receipt/ref'],
    [withTool({ attributes: { target: '/order' } }), 'action_map_field_invalid', '/tools/refund/attributes/target'],
    [
      withTool({ result: { failure: [{ text_pattern: '(' }] } }),
      'action_map_pattern_invalid',
      '/tools/refund/result/failure/0/text_pattern',
    ],
    [
      { ...minimal, result: { unknown: [{ text_pattern: '[' }] } },
      'action_map_pattern_invalid',
      '/result/unknown/0/text_pattern',
    ],
    [{ ...minimal, tools: { 'a*b': { action: 'a.b', effect: 'read' } } }, 'action_map_field_unknown', '/tools/a*b'],
  ])('refuses %j', (value, code, pointer) => {
    expect(refusal(value)).toEqual({ code, pointer })
  })

  test('refuses text that is no JSON', () => {
    expect(() => parseActionMapText('{"version": 1,')).toThrow(
      expect.objectContaining({ code: 'action_map_json_invalid', pointer: '' }),
    )
  })

  test('any JSON is a map or an ActionMapError', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (value, rule) => {
        expect(refusal(value).code).not.toBe('')
        expect(refusal({ ...minimal, tools: { a: rule } }).code).not.toBe('')
      }),
    )
  })
})
