import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { findSharedData } from '../../../../test/shared-data.ts'
import { faultsOf, importFile, readMap, readTruth, rejectionsOf, runsOf } from './import-file.ts'

interface TruthRun {
  readonly run: string
  readonly tool_calls: number
  readonly tool_errors: number
}

const folder = findSharedData('agentdojo-runs')
const file = 'gpt-4o-mini-2024-07-18'

describe.runIf(folder !== undefined)('AgentDojo runs', () => {
  const items =
    folder === undefined ? [] : importFile('openai-chat', join(folder, `${file}.jsonl.gz`), readMap('agentdojo'))
  const runs = runsOf(items)
  const truth = folder === undefined ? [] : readTruth<TruthRun>(folder, `${file}.truth.jsonl.gz`)

  test('calls and errors of each of the 194 runs', () => {
    expect(rejectionsOf(items)).toEqual([])
    expect(faultsOf(items)).toEqual([])
    expect(
      runs.map(({ run, events }) => {
        const { user_task: task, injection_task: injection = 'none' } = events[0]?.attributes ?? {}
        return {
          run: `${run.workflow}/${task}/${injection}`,
          tool_calls: events.filter(
            ({ event_type }) => event_type === 'tool_called' || event_type === 'retrieval_completed',
          ).length,
          tool_errors: events.filter(({ result, tool }) => tool !== undefined && result === 'failure').length,
        }
      }),
    ).toEqual(truth.map(({ run, tool_calls, tool_errors }) => ({ run, tool_calls, tool_errors })))
    expect(truth).toHaveLength(194)
  })

  test('the three calls that never got a result are unknown, not successful', () => {
    const unanswered = runs.filter(({ events }) => events.some(({ reason_code }) => reason_code === 'no_result'))
    expect(
      unanswered.map(({ run, events }) => [
        run.line,
        events.filter(({ reason_code }) => reason_code === 'no_result').map(({ result }) => result),
      ]),
    ).toEqual([
      [
        truth.findIndex(({ run }) => run === 'travel/user_task_12/injection_task_3') + 1,
        ['unknown', 'unknown', 'unknown'],
      ],
    ])
  })

  test('the map knows every tool', () => {
    expect(new Set(runs.flatMap(({ run }) => Object.keys(run.unmappedTools)))).toEqual(new Set())
  })
})
