import { keyRole, type ActionRow, type Head, type LeafEvent, type RunRow, type StoredEvent } from '@counterfoil/store'
import { inlinePayloadBytesMax, payloadReport } from '../report/payload-report.ts'
import { actionReport, runSummary } from '../report/run-summary.ts'
import type { ActionReport, RunReport, TimelineEntry } from '../report/run.ts'
import { eventSentence } from './event-sentence.ts'
import { bodyMember, inRunOrder, ofType, runFacts, type RunFact } from './run-facts.ts'
import { runSentence, sixAnswers } from './six-answers.ts'

export interface RunParts {
  readonly run: RunRow
  readonly actions: readonly ActionRow[]
  readonly events: readonly StoredEvent[]
  /** Index to go on with when the run has more events than were read. */
  readonly next: number | undefined
  readonly origin: string
  readonly head: Head
}

/** Everything about one run. */
export function runReport({ run, actions, events, next, origin, head }: RunParts): RunReport {
  const facts = inRunOrder(runFacts(events))
  // What a key says that does not own the run stands in the timeline and answers nothing.
  const counting = facts.filter(({ leaf }) => countsForRun(run.keyId, leaf))
  const ordered = inOrderOfEvents(actions, facts)
  return {
    run: runSummary(run),
    sentence: runSentence(run, ordered),
    answers: sixAnswers(run, ordered, counting),
    actions: ordered.map((action) => withParameters(actionReport(action), counting)),
    timeline: facts.map(timelineEntry),
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

function timelineEntry({ leaf, stored, grade, body }: RunFact): TimelineEntry {
  const payload = payloadReport(stored, leaf, inlinePayloadBytesMax, body)
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
    envelope: leaf,
    ...(payload !== undefined && { payload }),
  }
}
