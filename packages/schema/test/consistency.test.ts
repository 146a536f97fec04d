import { expect, test } from 'vitest'
import { results } from '../src/index.ts'
import { definitions, eventOf, verdictOn } from './_events.ts'

const statuses = ['applied', 'not_applied', 'unknown', 'reverted']
const verdicts = ['allow', 'warn', 'modify', 'deny', 'require_approval']

/** Of these words, those that the type takes at this place; all others must be refused there and nowhere else. */
function accepted(type: string, pointer: string, words: readonly string[], change: (word: string) => object): string[] {
  return words.filter((word) => {
    const verdict = verdictOn(eventOf(type, change(word) as Record<string, unknown>))
    if (verdict === 'accepted') return true
    expect(verdict).toEqual({ code: 'field_invalid', pointer })
    return false
  })
}

const effect = (type: string) => accepted(type, '/effect/status', statuses, (status) => ({ effect: { status } }))
const result = (type: string) => accepted(type, '/result', results, (word) => ({ result: word }))
const check = (type: string) =>
  accepted(type, '/check/verdict', verdicts, (verdict) => ({ check: { name: 'x', verdict, enforced: 'none' } }))
const decision = (type: string) =>
  accepted(type, '/approval/decision', ['approved', 'rejected'], (word) => ({
    approval: { request_id: 'r', mode: 'single', decision: word },
  }))

test('a side effect has the status that its type says', () => {
  expect(effect('side_effect_applied')).toEqual(['applied'])
  expect(effect('side_effect_blocked')).toEqual(['not_applied'])
  expect(effect('side_effect_unknown')).toEqual(['unknown'])
  expect(effect('side_effect_reverted')).toEqual(['reverted'])
  expect(effect('effect_observed')).toEqual(statuses)
  expect(effect('tool_completed')).toEqual(statuses)
})

test('a check passed or failed as its verdict says; what was enforced is another fact', () => {
  expect(check('validation_passed')).toEqual(['allow', 'warn', 'modify'])
  expect(check('validation_failed')).toEqual(['deny', 'require_approval'])
  for (const enforced of ['allowed', 'blocked', 'modified', 'held', 'none']) {
    expect(verdictOn(eventOf('validation_failed', { check: { name: 'x', verdict: 'deny', enforced } }))).toBe(
      'accepted',
    )
    expect(verdictOn(eventOf('validation_passed', { check: { name: 'x', verdict: 'warn', enforced } }))).toBe(
      'accepted',
    )
  }
})

test('an approval was decided as its type says', () => {
  expect(decision('approval_granted')).toEqual(['approved'])
  expect(decision('approval_rejected')).toEqual(['rejected'])
  expect(decision('approval_requested')).toEqual([])
  expect(decision('approval_expired')).toEqual([])
  expect(decision('approval_cancelled')).toEqual([])
  for (const type of ['approval_granted', 'approval_rejected', 'approval_requested']) {
    expect(verdictOn(eventOf(type, { approval: { request_id: 'r', mode: 'single' } }))).toBe('accepted')
  }
})

test('a result does not contradict its type', () => {
  expect(result('side_effect_applied')).toEqual(['success'])
  expect(result('side_effect_reverted')).toEqual(['success'])
  expect(result('side_effect_blocked')).toEqual(results.filter((word) => word !== 'success'))
  expect(result('side_effect_unknown')).toEqual(['failure', 'pending', 'unknown'])
  expect(result('run_failed')).toEqual(['failure', 'denied', 'cancelled', 'unknown'])
  expect(result('run_cancelled')).toEqual(['denied', 'cancelled', 'unknown'])
  // A run may end by itself and have failed at its task; a tool may answer anything.
  expect(result('run_completed')).toEqual([...results])
  expect(result('tool_completed')).toEqual([...results])
})

const by = (type: string) => verdictOn(eventOf('decision_overridden', { actor: { type, id: 'x' } }))

test('only a person overrides a decision', () => {
  expect(by('human')).toBe('accepted')
  expect(by('agent')).toEqual({ code: 'field_invalid', pointer: '/actor/type' })
  expect(by('system')).toEqual({ code: 'field_invalid', pointer: '/actor/type' })
})

test('no event causes itself', () => {
  for (const { type, example } of definitions) {
    const { event_id } = example as { event_id: string }
    expect(verdictOn(eventOf(type, { causation_id: event_id }))).toEqual({
      code: 'field_invalid',
      pointer: '/causation_id',
    })
    expect(verdictOn(eventOf(type, { causation_id: event_id.replace(/.$/, '0') }))).toBe('accepted')
  }
})

test('no run starts itself', () => {
  expect(verdictOn(eventOf('run_created', { run_id: 'a', parent_run_id: 'a' }))).toEqual({
    code: 'field_invalid',
    pointer: '/parent_run_id',
  })
  expect(verdictOn(eventOf('run_created', { run_id: 'a', parent_run_id: 'b' }))).toBe('accepted')
})
