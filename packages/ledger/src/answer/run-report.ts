import { keyRole, type ActionRow, type Head, type RunRow } from '@counterfoil/store'
import { inlinePayloadBytesMax, payloadContentJson, payloadReport } from '../report/payload-report.ts'
import { actionReport, runSummary } from '../report/run-summary.ts'
import type { PayloadReport, RunReport, TimelineEntry } from '../report/run.ts'
import { eventSentence } from './event-sentence.ts'
import type { RunFact } from './run-facts.ts'
import type { RunStory } from './run-story.ts'
import { runSentence, sixAnswers } from './six-answers.ts'

export interface RunParts {
  readonly run: RunRow
  readonly actions: readonly ActionRow[]
  /** What the answers need of all events, whichever of them the timeline shows. */
  readonly story: RunStory
  /** One page of the timeline, in the order of the run. */
  readonly facts: readonly RunFact[]
  /** Index to go on with when the run has more events than were read. */
  readonly next: number | undefined
  readonly origin: string
  readonly head: Head
}

/** Everything about one run. */
export function runReport(parts: RunParts): RunReport {
  return { ...beforeTimeline(parts), timeline: parts.facts.map(timelineEntry), ...afterTimeline(parts) }
}

/**
 * The JSON text of {@link runReport} in UTF-8. The greater part of it are envelopes and payloads: they go into it as they
 * are stored, instead of being made into objects and back.
 */
export function runReportJson(parts: RunParts): Uint8Array<ArrayBuffer> {
  const [before, after] = [beforeTimeline(parts), afterTimeline(parts)].map((members) => JSON.stringify(members))
  const entries = parts.facts.map((fact, at) => `${at === 0 ? '' : ','}${timelineEntryJson(fact)}`)
  const pieces = [`${before?.slice(0, -1)},"timeline":[`, ...entries, `],${after?.slice(1)}`]
  // Each piece on its own: one character beyond Latin-1 makes a whole string twice as wide and slow to encode.
  return Buffer.concat(pieces.map((piece) => Buffer.from(piece, 'utf8')))
}

function beforeTimeline({
  run,
  actions,
  story,
}: RunParts): Pick<RunReport, 'run' | 'sentence' | 'answers' | 'actions' | 'redactions'> {
  const ordered = story.inOrder(actions)
  // What a key says that does not own the run stands in the lists and answers nothing.
  const own = ordered.filter(({ keyId }) => keyId === run.keyId || keyRole(keyId) !== 'run')
  return {
    run: runSummary(run),
    sentence: runSentence(run, own),
    answers: sixAnswers(run, own, story),
    actions: ordered.map((action) => {
      const parameters = story.parametersOf(action.actionId)
      return { ...actionReport(action), ...(parameters !== undefined && { parameters }) }
    }),
    ...(story.removals.count > 0 && {
      redactions: story.removals.words.words.map(([rule, count]) => ({ rule, count })),
    }),
  }
}

function afterTimeline({ next, origin, head }: RunParts): Pick<RunReport, 'timeline_next' | 'proof'> {
  return {
    ...(next !== undefined && { timeline_next: next }),
    proof: { origin, size: head.size, checkpoint: head.checkpoint ?? '' },
  }
}

function timelineEntry(fact: RunFact): TimelineEntry {
  const payload = payloadReport(fact.stored, fact.leaf, inlinePayloadBytesMax, fact.body)
  return { ...ownWords(fact), envelope: fact.leaf, ...(payload !== undefined && { payload }) }
}

function timelineEntryJson(fact: RunFact): string {
  const words = JSON.stringify(ownWords(fact)).slice(0, -1)
  const payload = payloadReport(fact.stored, fact.leaf, inlinePayloadBytesMax, payloadContentJson)
  return `${words},"envelope":${fact.stored.leaf}${payload === undefined ? '' : `,"payload":${payloadJson(payload)}`}}`
}

/** @param payload with its content as JSON text */
function payloadJson({ content, ...rest }: PayloadReport): string {
  const text = JSON.stringify(rest)
  return typeof content === 'string' ? `${text.slice(0, -1)},"content":${content}}` : text
}

/** What a timeline says of an event beside its envelope and its payload. */
function ownWords({ leaf, grade }: RunFact): Omit<TimelineEntry, 'envelope' | 'payload'> {
  return {
    index: leaf.index,
    event_id: leaf.event_id,
    event_type: leaf.event_type,
    ...(leaf.run_seq !== undefined && { run_seq: leaf.run_seq }),
    ...(leaf.occurred_at !== undefined && { occurred_at: leaf.occurred_at }),
    recorded_at: leaf.recorded_at,
    ...(leaf.actor !== undefined && { actor: { type: leaf.actor.type, id: leaf.actor.id } }),
    ...(leaf.action !== undefined && { action_id: leaf.action.id }),
    grade,
    text: eventSentence(leaf),
  }
}
