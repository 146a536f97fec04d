import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { deny, needsApproval, warn, type ApproverAnswer, type Proposal, type Verdict } from '../src/index.ts'
import { useRecorder, type Story } from './_recorder.ts'

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

/** What of a story cannot be, given how often the function ran. */
function wrongs({ events, actions }: Story, calls: number, requires: readonly string[]): string[] {
  const count = (name: string): number => events.filter((event) => event.startsWith(name)).length
  const before = events.slice(0, events.indexOf('tool_called'))
  const last = new Map(before.filter((event) => event.includes(': ')).map((event) => [event.split(':')[0], event]))
  const found: [string, boolean][] = [
    ['ran twice', calls > 1],
    ['ran without intent, or has an intent and did not run', count('tool_called') !== calls],
    ['ran, and its end is not told', count('tool_completed') !== calls],
    ['blocked, and ran', count('side_effect_blocked') > 0 && calls > 0],
    ['ran after a no of a check', calls > 0 && [...last.values()].some((event) => event.endsWith('blocked'))],
    [
      'ran without the yes',
      calls > 0 && before.some((event) => event.endsWith('held')) && !before.includes('approval_granted'),
    ],
    [
      'ran after a no of a person',
      calls > 0 && before.some((event) => /^approval_(rejected|expired|cancelled)$/.test(event)),
    ],
    ['ran without a required check', calls > 0 && requires.some((name) => !last.has(name))],
    [
      `${calls} calls, and the outcome is ${actions[0]?.outcome}`,
      !(calls > 0 ? /^(done|failed|unconfirmed)$/ : /^(blocked|rejected|running|waiting)$/).test(
        actions[0]?.outcome ?? '',
      ),
    ],
  ]
  return found.filter(([, isWrong]) => isWrong).map(([what]) => what)
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
      const pending: Promise<unknown>[] = []
      for (const [next, isAwaited] of steps) {
        const done = act(action, next)
        if (isAwaited) await done.catch(() => undefined)
        else pending.push(done)
      }
      await run.complete().catch(() => undefined)
      // When the run was ended before, that end may still wait for the last steps.
      await Promise.allSettled(pending)

      expect(wrongs(await lab.story(run.id), calls.length, requires)).toEqual([])
    }),
    { numRuns: 150 },
  )
  lab.problems.splice(0)
})
