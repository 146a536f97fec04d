import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { deny, needsApproval, warn, type ApproverAnswer, type Proposal, type Verdict } from '../src/index.ts'
import { useRecorder } from './_recorder.ts'

interface Parameters {
  readonly n: number
}

const answers: ApproverAnswer[] = []
const lab = useRecorder({
  approver: () => {
    const answer = answers.shift()
    if (answer === undefined) throw new Error('nobody answers')
    return answer
  },
})
const unhandled: unknown[] = []
process.on('unhandledRejection', (reason) => void unhandled.push(reason))
afterEach(() => {
  expect(unhandled).toEqual([])
})

type Step =
  | { readonly do: 'check'; readonly name: string; readonly verdict: 'yes' | 'no' | 'warn' | 'ask' | 'throws' | 'told' }
  | { readonly do: 'approval'; readonly answer: 'yes' | 'edit' | 'no' | 'expired' | 'fails' }
  | { readonly do: 'execute'; readonly how: 'plain' | 'same' | 'drift' | 'fails' | 'lost' }
  | { readonly do: 'block' }
  | { readonly do: 'end' }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('check' as const),
      name: fc.constantFrom('a', 'b', 'c'),
      verdict: fc.constantFrom('yes', 'no', 'warn', 'ask', 'throws', 'told'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('approval' as const),
      answer: fc.constantFrom('yes', 'edit', 'no', 'expired', 'fails'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('execute' as const),
      how: fc.constantFrom('plain', 'same', 'drift', 'fails', 'lost'),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'block' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'end' as const }) },
)

/** A sequence, whether each step is awaited, and what must have been done before. */
const sequence = fc.record({
  steps: fc.array(fc.tuple(step, fc.boolean()), { minLength: 1, maxLength: 9 }),
  requires: fc.subarray(['a', 'b']),
})

function verdictOf(verdict: Extract<Step, { do: 'check' }>['verdict']): Verdict | ((p: Parameters) => Verdict) {
  switch (verdict) {
    case 'yes':
      return () => true
    case 'no':
      return () => deny('no')
    case 'warn':
      return () => warn('odd')
    case 'ask':
      return (p) => p.n < 100 || needsApproval('large')
    case 'throws':
      return () => {
        throw new Error('broken')
      }
    case 'told':
      return true
  }
}

function answerOf(answer: Extract<Step, { do: 'approval' }>['answer']): ApproverAnswer | undefined {
  if (answer === 'yes') return { decision: 'approved', by: 'usr-1' }
  if (answer === 'edit') return { decision: 'approved', by: 'usr-1', parameters: { n: 150 } }
  if (answer === 'no') return { decision: 'rejected', by: 'usr-1' }
  return answer === 'expired' ? { decision: 'expired' } : undefined
}

test('whatever the order of the steps: no effect without its intent, none after a no, and the log says what happened', async () => {
  await fc.assert(
    fc.asyncProperty(sequence, async ({ steps, requires }) => {
      const run = lab.recorder.startRun({ workflow: 'any', trigger: 'api' })
      const calls: number[] = []
      /** The external system: it looks into the log before it does anything. */
      const effect = (how: string) => async (p: Parameters) => {
        const { timeline, events } = await lab.read(run.id)
        const intent = timeline.find(({ event_type: type }) => type === 'tool_called')
        expect(intent?.payload?.content).toEqual({ parameters: p })
        expect(events.filter((event) => event.startsWith('side_effect_blocked'))).toEqual([])
        calls.push(p.n)
        if (how === 'fails') throw new Error('declined')
        if (how === 'lost') throw Object.assign(new Error('lost'), { code: 'ECONNRESET' })
        return p.n
      }
      const act = (action: Proposal<Parameters>, next: Step): Promise<unknown> => {
        if (next.do === 'check') return action.check(next.name, verdictOf(next.verdict))
        if (next.do === 'block') return action.block('operator')
        if (next.do === 'end') return run.complete()
        if (next.do === 'approval') return action.approval()
        const parameters = { plain: undefined, same: { n: 200 }, drift: { n: 7 } }[next.how as 'plain']
        return action.execute(effect(next.how), {
          ...(parameters !== undefined && { parameters }),
          receipt: (n) => ({ ref: n }),
        })
      }
      answers.splice(0, answers.length)
      for (const [next] of steps) {
        const answer = next.do === 'approval' ? answerOf(next.answer) : undefined
        if (answer !== undefined) answers.push(answer)
      }
      const action = await run.propose<Parameters>({
        type: 'thing.do',
        effect: 'write',
        parameters: { n: 200 },
        requires,
      })
      for (const [next, isAwaited] of steps) {
        const done = act(action, next)
        if (isAwaited) await done.catch(() => undefined)
      }
      await run.complete().catch(() => undefined)

      const story = await lab.story(run.id)
      const { events } = story
      expect(calls.length).toBeLessThanOrEqual(1)
      const count = (name: string): number => events.filter((event) => event.startsWith(name)).length
      // The function ran exactly when the log has its intent, and its end is on record.
      expect(count('tool_called')).toBe(calls.length)
      expect(count('tool_completed')).toBe(calls.length)
      if (count('side_effect_blocked') > 0) expect(calls).toEqual([])
      if (calls.length === 1) {
        const before = events.slice(0, events.indexOf('tool_called'))
        const last = new Map(before.filter((event) => / \w+$/.test(event)).map((event) => [event.split(':')[0], event]))
        expect([...last.values()].filter((event) => event.endsWith('blocked'))).toEqual([])
        const asked = before.filter((event) => event.endsWith('held')).length
        if (asked > 0) expect(before).toContain('approval_granted')
        for (const no of ['approval_rejected', 'approval_expired', 'approval_cancelled'])
          expect(before).not.toContain(no)
        for (const name of requires) expect([...last.keys()]).toContain(name)
      }
      const outcome = story.actions[0]?.outcome
      if (calls.length === 1) expect(outcome).toMatch(/^(done|failed|unconfirmed)$/)
      else expect(outcome).toMatch(/^(blocked|rejected|running|waiting)$/)
    }),
    { numRuns: 150 },
  )
  lab.problems.splice(0)
})
