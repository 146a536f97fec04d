import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openLedger, type ActionReport, type RunReport, type TimelineEntry } from '@counterfoil/ledger'
import { createRecorder, type Recorder, type RecorderOptions, type RecorderProblem } from '../src/index.ts'

/** A recorder on a real ledger in a fresh folder; removed when disposed. */
export interface TestRecorder extends AsyncDisposable {
  readonly recorder: Recorder
  readonly data: string
  /** What `onProblem` was told. */
  readonly problems: RecorderProblem[]
  /** Closes the recorder and gives the run as the log tells it. */
  story(runId: string): Promise<Story>
  stories(): Promise<Story[]>
  /** Files of the data directory that hold one of these texts. */
  filesHolding(...texts: string[]): string[]
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

export function openTestRecorder(options: RecorderOptions = {}): TestRecorder {
  const folder = mkdtempSync(path.join(tmpdir(), 'counterfoil-sdk-'))
  const data = path.join(folder, 'data')
  const problems: RecorderProblem[] = []
  const recorder = createRecorder({
    data,
    spool: path.join(folder, 'spool'),
    onProblem: (problem) => problems.push(problem),
    ...options,
  })
  let closed = false
  const close = async (): Promise<void> => {
    if (!closed) await recorder.close()
    closed = true
  }
  return {
    recorder,
    data,
    problems,
    async story(runId) {
      await close()
      const found = (await readStories(data)).find(({ report }) => report.run.run_id === runId)
      if (found === undefined) throw new Error(`The log has no run ${runId}.`)
      return found
    },
    async stories() {
      await close()
      return readStories(data)
    },
    filesHolding(...texts) {
      return readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .map((name) => path.join(folder, name))
        .filter((file) => statSync(file).isFile())
        .filter((file) => {
          const bytes = readFileSync(file).toString('latin1')
          return texts.some((text) => bytes.includes(text))
        })
    },
    async [Symbol.asyncDispose]() {
      await close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function readStories(data: string): Promise<Story[]> {
  const ledger = await openLedger({ data, mode: 'read' })
  try {
    const log = await ledger.log('main')
    const { runs } = await log.runs({ query: '', limit: 200 })
    const reports = await Promise.all(runs.map(({ run_id: runId }) => log.run(runId)))
    return reports.map(storyOf)
  } finally {
    await ledger[Symbol.asyncDispose]()
  }
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
