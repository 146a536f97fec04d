import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { findSharedData } from '../../../../test/shared-data.ts'
import { faultsOf, importFile, readMap, readTruth, rejectionsOf, runsOf, type SeenEvent } from './import-file.ts'

interface TruthRun {
  readonly calls: readonly { tool: string; kind: 'read' | 'write' | 'other'; outcome: 'ok' | 'error' }[]
}

interface SeenCall {
  readonly tool: string
  readonly kind: 'read' | 'write' | 'other'
  readonly outcome: 'ok' | 'error' | 'unknown'
}

const writes = new Set(['write', 'delete', 'financial', 'privilege'])

/** The calls of a run as its events tell them, in the order of the calls. */
function callsOf(events: readonly SeenEvent[]): SeenCall[] {
  const completed = new Map(
    events.filter(({ event_type }) => event_type === 'tool_completed').map((event) => [event.action?.id, event]),
  )
  const calls = events.flatMap((event): { seq: number; call: SeenCall }[] => {
    const tool = event.tool?.name ?? ''
    if (event.event_type === 'retrieval_completed') {
      return [{ seq: event.run_seq, call: { tool, kind: 'read', outcome: outcomeOf(event) } }]
    }
    if (event.event_type !== 'tool_called') return []
    const kind = writes.has(event.action?.effect_class ?? '') ? 'write' : 'other'
    const answer = completed.get(event.action?.id)
    return [{ seq: answer?.run_seq ?? event.run_seq, call: { tool, kind, outcome: outcomeOf(answer) } }]
  })
  return calls.toSorted((a, b) => a.seq - b.seq).map(({ call }) => call)
}

function outcomeOf(event: SeenEvent | undefined): SeenCall['outcome'] {
  return event?.result === 'success' ? 'ok' : event?.result === 'failure' ? 'error' : 'unknown'
}

const folder = findSharedData('tau-bench')
const sets = [
  { file: 'tau1-airline-gpt4o.tasks-0-2-4-10-13', map: 'tau-airline', runs: 20, calls: 180, failedWrites: 22 },
  { file: 'tau2-retail-gpt41', map: 'tau-retail', runs: 40, calls: 299, failedWrites: 7 },
]

describe.runIf(folder !== undefined).each(sets)(
  '$file',
  ({ file, map, runs: runCount, calls: callCount, failedWrites }) => {
    const items = folder === undefined ? [] : importFile('openai-chat', join(folder, `${file}.json.gz`), readMap(map))
    const runs = runsOf(items)
    const truth = folder === undefined ? [] : readTruth<TruthRun>(folder, `${file}.truth.jsonl.gz`)

    test('every call of every run: which tool, read or write, failed or not', () => {
      expect(runs).toHaveLength(runCount)
      expect(rejectionsOf(items)).toEqual([])
      expect(faultsOf(items)).toEqual([])
      const seen = runs.map(({ events }) => callsOf(events))
      expect(seen).toEqual(truth.map(({ calls }) => calls.map(({ tool, kind, outcome }) => ({ tool, kind, outcome }))))
      expect(seen.flat()).toHaveLength(callCount)
      expect(runs.map(({ run }) => run.calls)).toEqual(truth.map(({ calls }) => calls.length))
    })

    test('a write that failed has no effect, every other one has exactly one', () => {
      for (const { events } of runs) {
        for (const { action } of events.filter(
          (event) => event.event_type === 'tool_called' && writes.has(event.action?.effect_class ?? ''),
        )) {
          const life = events
            .filter((event) => event.action?.id === action?.id)
            .map((event) => [event.event_type, event.result, event.effect?.status])
          const begin = [
            ['decision_proposed', undefined, undefined],
            ['tool_called', undefined, undefined],
          ]
          expect([
            [...begin, ['tool_completed', 'success', undefined], ['side_effect_applied', undefined, 'applied']],
            [...begin, ['tool_completed', 'failure', 'not_applied']],
          ]).toContainEqual(life)
        }
      }
      const failed = runs.flatMap(({ events }) => events).filter((event) => event.effect?.status === 'not_applied')
      expect(failed).toHaveLength(failedWrites)
    })

    test('every write names its target, and no run has a tool that the map does not know', () => {
      const proposals = runs.flatMap(({ events }) => events).filter((event) => event.event_type === 'decision_proposed')
      expect(
        proposals.filter((event) => writes.has(event.action?.effect_class ?? '') && event.target === undefined),
      ).toEqual([])
      expect(runs.map(({ run }) => run.unmappedTools).filter((tools) => Object.keys(tools).length > 0)).toEqual([])
    })

    test('the benchmark has written these runs when they were over', () => {
      expect(runs.every(({ run, events }) => run.ended && events.at(-1)?.event_type === 'run_completed')).toBe(true)
    })
  },
)

describe.runIf(folder !== undefined)('tau2-telecom-gpt41', () => {
  const items =
    folder === undefined
      ? []
      : importFile('openai-chat', join(folder, 'tau2-telecom-gpt41.json.gz'), readMap('tau-telecom'))
  const events = runsOf(items).flatMap((run) => run.events)

  test('what the customer does on the own phone has a human actor', () => {
    expect(rejectionsOf(items)).toEqual([])
    expect(faultsOf(items)).toEqual([])
    const calls = events.filter(
      ({ event_type }) => event_type === 'tool_called' || event_type === 'retrieval_completed',
    )
    expect(calls.filter(({ actor }) => actor.type === 'human')).toHaveLength(482)
    expect(calls.filter(({ actor }) => actor.type === 'agent')).toHaveLength(207)
    const humanTools = new Set(calls.filter(({ actor }) => actor.type === 'human').map(({ tool }) => tool?.name))
    const agentTools = new Set(calls.filter(({ actor }) => actor.type === 'agent').map(({ tool }) => tool?.name))
    expect([...humanTools].filter((name) => agentTools.has(name))).toEqual([])
    expect(humanTools.has('toggle_airplane_mode')).toBe(true)
  })

  test('the whole life of a human action has the human as its actor', () => {
    const byAction = Map.groupBy(
      events.filter(({ action }) => action !== undefined),
      ({ action }) => action?.id,
    )
    for (const life of byAction.values()) expect(new Set(life.map(({ actor }) => actor.type)).size).toBe(1)
    expect(byAction.size).toBeGreaterThan(600)
  })
})

describe.runIf(folder !== undefined)('without an action map', () => {
  const items = folder === undefined ? [] : importFile('openai-chat', join(folder, 'tau2-retail-gpt41.json.gz'))
  const runs = runsOf(items)

  test('every call is of unknown effect, and the run says so', () => {
    expect(faultsOf(items)).toEqual([])
    const events = runs.flatMap((run) => run.events)
    const called = events.filter(({ event_type }) => event_type === 'tool_called')
    expect(called).toHaveLength(299)
    expect(new Set(called.map(({ action }) => action?.effect_class))).toEqual(new Set(['execute']))
    const effects = events.filter(({ tool, effect }) => tool !== undefined && effect !== undefined)
    expect(new Set(effects.map(({ effect, reason_code }) => `${effect?.status} ${reason_code}`))).toEqual(
      new Set(['unknown effect_unknown']),
    )
    for (const {
      run,
      events: [created],
    } of runs) {
      expect(run.actionMap).toBe('none')
      expect(created?.attributes?.['action_map']).toBe('none')
    }
    expect(runs.reduce((sum, { run }) => sum + Object.values(run.unmappedTools).reduce((a, b) => a + b, 0), 0)).toBe(
      299,
    )
  })

  test('another map is seen at the first event of each run, whose id stays the same', () => {
    const mapped = runsOf(
      folder === undefined
        ? []
        : importFile('openai-chat', join(folder, 'tau2-retail-gpt41.json.gz'), readMap('tau-retail')),
    )
    expect(mapped.map(({ run }) => [run.runId, run.createdEventId])).toEqual(
      runs.map(({ run }) => [run.runId, run.createdEventId]),
    )
    expect(mapped[0]?.events[0]).not.toEqual(runs[0]?.events[0])
    expect(mapped[0]?.run.actionMap).toMatch(/^sha256:[0-9a-f]{64}$/)
  })
})
