import { describe, expect, it } from 'vitest'
import { explainQuery } from './explain.ts'
import { queryKeys } from './keys.ts'
import { parseQuery } from './parse.ts'

const attributeKeys = new Set(['order'])
const explain = (text: string) => explainQuery(parseQuery(text, { attributeKeys }).ast).replace('Understood as: ', '')

describe('explainQuery', () => {
  it.each([
    ['', 'all runs'],
    ['sort:-amount', 'all runs; largest amount first'],
    ['outcome:mismatch,blocked', 'runs whose outcome is mismatch or blocked'],
    [
      'outcome:mismatch customer:"Acme Ltd" action:refund.* after:-7d "wire transfer"',
      'runs for customer Acme Ltd, where an action has outcome mismatch and is refund.…, started in the last 7 days, that mention “wire transfer”',
    ],
    [
      'amount:>=500eur -has:approval',
      'runs where an action has amount at least 500 EUR and has no request for approval',
    ],
    ['-has:approval', 'runs without a request for approval'],
    ['-action:email.send', 'runs where no action is email.send'],
    ['action:a -rule:b', 'runs where an action is a and was not decided by rule b'],
    [
      'action:a (target:b OR target:c)',
      'runs where an action is a, either (where that action has target b) or (where that action has target c)',
    ],
    ['-(a b)', 'runs but not those (that mention “a” and that mention “b”)'],
    ['-(a OR b) -c', 'runs but not those either (that mention “a”) or (that mention “b”), that do not mention “c”'],
    [
      'in:input,result (a OR -b)',
      'runs either (that mention “a” in the input or result) or (that do not mention “b” in the input or result)',
    ],
    ['customer:none parent:* order:5513', 'runs without a customer, with a parent run, whose order is 5513'],
    ['-customer:none', 'runs with a customer'],
    ['is:open took:>90s', 'runs that are still open, that took more than 90s'],
    ['took:none', 'runs whose duration is not known'],
    ['on:2026-Q3', 'runs started in 2026-Q3'],
    ['on:-14d..-7d', 'runs started from 14 days ago to 7 days ago'],
    ['before:-1h -after:today', 'runs started more than 1 hour ago, not started today or later'],
    ['type:side_effect_* -has:error', 'runs with an event of type side_effect_…, without an error'],
    ['approval:none check:x', 'runs where an action has no approval and went through check x'],
  ])('%s', (text, sentence) => {
    expect(explain(text)).toBe(sentence)
  })

  it('says something of every key, and something else of its opposite', () => {
    for (const { example, entity } of queryKeys) {
      const plain = example.replace(/^-/u, '')
      expect(explain(plain)).not.toBe('all runs')
      // `sort:` and `in:` have no opposite.
      expect(entity === 'query' || explain(`-${plain}`) !== explain(plain)).toBe(true)
    }
  })
})
