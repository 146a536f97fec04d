import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { inspect } from 'node:util'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { openLedger, type ActionReport, type Ledger, type RunReport, type TimelineEntry } from '@counterfoil/ledger'
import { filesUnder } from '../../store/test/files-under.ts'
import {
  createRecorder,
  type Recorder,
  type RecorderOptions,
  type RecorderProblem,
  type Run,
  type RunOptions,
} from '../src/index.ts'

/** A recorder on a real ledger in a fresh folder, for the tests of one file. */
export interface TestRecorder {
  readonly recorder: Recorder
  readonly data: string
  /** What `onProblem` was told. A test that expects some takes them out; what is left fails it. */
  readonly problems: RecorderProblem[]
  /** Rejections that nobody handled: as `problems`. */
  readonly unhandled: unknown[]
  /** Runs a workflow, lets it fail, and gives what became of it and the run as the log tells it. */
  run<T>(work: (run: Run) => T | Promise<T>, options?: Partial<RunOptions>): Promise<Told<T>>
  /** The run as the log tells it, when everything recorded so far is in it. */
  story(runId: string): Promise<Story>
  /** The run as the log tells it now. */
  read(runId: string): Promise<Story>
  /** Files of the data directory that hold one of these texts. */
  filesHolding(...texts: string[]): string[]
  close(): Promise<void>
}

interface Told<T> {
  readonly result: T | undefined
  /** What `recorder.run` threw. */
  readonly error: unknown
  readonly story: Story
}

export interface Story {
  readonly report: RunReport
  /** `tool_called`, `tool_completed:success`, … in the order of the run. */
  readonly events: string[]
  readonly actions: readonly ActionReport[]
  readonly timeline: readonly TimelineEntry[]
  readonly answers: Readonly<Record<string, string>>
  readonly grades: Readonly<Record<string, string>>
  envelope(type: string): Record<string, unknown>
  payload(type: string): unknown
}

export function useRecorder(options: RecorderOptions = {}): TestRecorder {
  const folder = mkdtempSync(path.join(tmpdir(), 'counterfoil-sdk-'))
  const data = path.join(folder, 'data')
  const problems: RecorderProblem[] = []
  const recorder = createRecorder({
    data,
    spool: path.join(folder, 'spool'),
    // Opening a ledger takes a moment that no test is about.
    confirmWithin: '60s',
    onProblem: (problem) => problems.push(problem),
    ...options,
  })
  let reader: Ledger | undefined
  const close = async (): Promise<void> => {
    await reader?.[Symbol.asyncDispose]()
    reader = undefined
    await recorder.close()
  }
  const unhandled: unknown[] = []
  const note = (reason: unknown): void => void unhandled.push(reason)
  beforeAll(() => void process.on('unhandledRejection', note))
  afterEach(async () => {
    await pause(10)
    const left = [...problems.splice(0), ...unhandled.splice(0)]
    if (left.length > 0) throw new Error(`Something went wrong that no test expected: ${inspect(left)}`)
  })
  afterAll(async () => {
    process.off('unhandledRejection', note)
    await close()
    rmSync(folder, { recursive: true, force: true })
  })
  const read = async (runId: string): Promise<Story> => {
    reader ??= await openLedger({ data, mode: 'read' })
    return storyOf(await (await reader.log('main')).run(runId))
  }
  const story = async (runId: string): Promise<Story> => {
    await recorder.flush(60_000)
    return read(runId)
  }
  return {
    recorder,
    data,
    read,
    problems,
    unhandled,
    close,
    story,
    async run(work, runOptions = {}) {
      let runId = ''
      let result
      let error: unknown
      try {
        result = await recorder.run({ workflow: 'tests', trigger: 'api', ...runOptions }, (run) => {
          runId = run.id
          return work(run)
        })
      } catch (thrown) {
        error = thrown
      }
      return { result, error, story: await story(runId) }
    },
    filesHolding(...texts) {
      return filesUnder(folder)
        .filter(({ bytes }) => texts.some((text) => bytes.includes(text)))
        .map(({ file }) => file)
    },
  }
}

/** Time for what happens behind the caller's back. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}

function storyOf(report: RunReport): Story {
  const { timeline, answers } = report
  const entryOf = (type: string): TimelineEntry => {
    const entry = timeline.find(({ event_type }) => event_type === type)
    if (entry === undefined) throw new Error(`The run has no ${type}.`)
    return entry
  }
  return {
    report,
    actions: report.actions,
    timeline,
    events: timeline.map(({ event_type, envelope }) => {
      const {
        check,
        result,
        reason_code: reason,
      } = envelope as {
        check?: { name: string; verdict: string; enforced: string }
        result?: string
        reason_code?: string
      }
      if (check !== undefined) return `${check.name}: ${check.verdict} ${check.enforced}`
      if (event_type === 'side_effect_blocked' || event_type === 'side_effect_unknown')
        return `${event_type}: ${reason ?? ''}`
      return event_type.startsWith('tool_completed') ? `${event_type}: ${result ?? ''}` : event_type
    }),
    answers: Object.fromEntries(answers.map(({ question, text }) => [question, text])),
    grades: Object.fromEntries(answers.map(({ question, grade }) => [question, grade])),
    envelope: (type) => entryOf(type).envelope as Record<string, unknown>,
    payload: (type) => entryOf(type).payload?.content,
  }
}
