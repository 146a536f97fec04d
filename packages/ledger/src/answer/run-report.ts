import { keyRole, type ActionRow, type Head, type LeafEvent, type RunEvent, type RunRow } from '@counterfoil/store'
import { inlinePayloadBytesMax, payloadContentJson, payloadReport } from '../report/payload-report.ts'
import { actionReport, runSummary } from '../report/run-summary.ts'
import type { ActionReport, PayloadReport, RunReport, TimelineEntry } from '../report/run.ts'
import { eventSentence } from './event-sentence.ts'
import { bodyMember, inRunOrder, ofType, runFacts, type RunFact } from './run-facts.ts'
import { runSentence, sixAnswers } from './six-answers.ts'

export interface RunParts {
  readonly run: RunRow
  readonly actions: readonly ActionRow[]
  readonly events: readonly RunEvent[]
  /** Index to go on with when the run has more events than were read. */
  readonly next: number | undefined
  readonly origin: string
  readonly head: Head
}

/** Everything about one run. */
export function runReport(parts: RunParts): RunReport {
  const facts = inRunOrder(runFacts(parts.events))
  return { ...beforeTimeline(parts, facts), timeline: facts.map(timelineEntry), ...afterTimeline(parts) }
}

/**
 * The JSON text of {@link runReport} in UTF-8. The greater part of it are envelopes and payloads: they go into it as they
 * are stored, instead of being made into objects and back.
 */
export function runReportJson(parts: RunParts): Uint8Array<ArrayBuffer> {
  const facts = inRunOrder(runFacts(parts.events))
  const [before, after] = [beforeTimeline(parts, facts), afterTimeline(parts)].map((members) => JSON.stringify(members))
  const entries = facts.map((fact, at) => `${at === 0 ? '' : ','}${timelineEntryJson(fact)}`)
  const pieces = [`${before?.slice(0, -1)},"timeline":[`, ...entries, `],${after?.slice(1)}`]
  // Each piece on its own: one character beyond Latin-1 makes a whole string twice as wide and slow to encode.
  return Buffer.concat(pieces.map((piece) => Buffer.from(piece, 'utf8')))
}

function beforeTimeline(
  { run, actions }: RunParts,
  facts: readonly RunFact[],
): Pick<RunReport, 'run' | 'sentence' | 'answers' | 'actions'> {
  // What a key says that does not own the run stands in the timeline and answers nothing.
  const counting = facts.filter(({ leaf }) => countsForRun(run.keyId, leaf))
  const ordered = inOrderOfEvents(actions, facts)
  return {
    run: runSummary(run),
    sentence: runSentence(run, ordered),
    answers: sixAnswers(run, ordered, counting),
    actions: ordered.map((action) => withParameters(actionReport(action), counting)),
  }
}

function afterTimeline({ next, origin, head }: RunParts): Pick<RunReport, 'timeline_next' | 'proof'> {
  return {
    ...(next !== undefined && { timeline_next: next }),
    proof: { origin, size: head.size, checkpoint: head.checkpoint ?? '' },
  }
}

/** Actions in the order in which the run came to them, whatever arrived first. */
function inOrderOfEvents(actions: readonly ActionRow[], facts: readonly RunFact[]): ActionRow[] {
  const places = new Map<string, number>()
  for (const [place, { leaf }] of facts.entries()) {
    if (leaf.action !== undefined && !places.has(leaf.action.id)) places.set(leaf.action.id, place)
  }
  const placeOf = ({ actionId }: ActionRow): number => places.get(actionId) ?? facts.length
  return actions.toSorted((a, b) => placeOf(a) - placeOf(b) || a.firstIndex - b.firstIndex)
}

function countsForRun(owner: string, leaf: LeafEvent): boolean {
  const role = keyRole(leaf.key_id)
  return leaf.key_id === owner || role === 'server' || (role === 'policy' && leaf.event_type.startsWith('validation_'))
}

function withParameters(report: ActionReport, facts: readonly RunFact[]): ActionReport {
  const proposal = ofType(facts, 'decision_proposed').find(({ leaf }) => leaf.action?.id === report.action_id)
  const parameters = proposal === undefined ? undefined : bodyMember(proposal, 'parameters')
  return parameters === undefined ? report : { ...report, parameters }
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
