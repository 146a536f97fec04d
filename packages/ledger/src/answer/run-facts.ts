import { gradeOf, type Grade, type LeafEvent, type RunEvent } from '@counterfoil/store'
import { payloadContent } from '../report/payload-report.ts'
import type { Answer } from '../report/run.ts'

/** One event of a run as the answers read it. */
export interface RunFact {
  readonly leaf: LeafEvent
  readonly stored: RunEvent
  readonly grade: Grade
  /** The body as plain data, when it is there and not erased. Parsed at most once. */
  readonly body: () => unknown
}

export function runFacts(events: readonly RunEvent[]): RunFact[] {
  return events.map((stored) => {
    const leaf = JSON.parse(stored.leaf) as LeafEvent
    const { payload } = stored
    let parsed: { readonly content: unknown } | undefined
    const body = (): unknown => {
      if (payload?.state !== 'present') return undefined
      parsed ??= { content: payloadContent(payload.text) }
      return parsed.content
    }
    return { leaf, stored, grade: gradeOf(leaf), body }
  })
}

/**
 * Facts in the order that the producer gave them, ties broken by event id as in the projections. What has no place in the
 * run, because the server wrote it, follows as it was recorded.
 */
export function inRunOrder(facts: readonly RunFact[]): RunFact[] {
  return facts.toSorted(({ leaf: a }, { leaf: b }) => {
    if (a.run_seq === undefined || b.run_seq === undefined) {
      return Number(a.run_seq === undefined) - Number(b.run_seq === undefined) || a.index - b.index
    }
    return a.run_seq - b.run_seq || (a.event_id < b.event_id ? -1 : 1)
  })
}

export function ofType(facts: readonly RunFact[], ...types: readonly string[]): RunFact[] {
  return facts.filter(({ leaf }) => types.includes(leaf.event_type))
}

const evidenceMax = 20

export function evidenceOf(facts: readonly RunFact[]): Answer['evidence'] {
  return facts
    .slice(0, evidenceMax)
    .map(({ leaf }) => ({ event_id: leaf.event_id, index: leaf.index, event_type: leaf.event_type }))
}

/** A member of the body, when it is there and not erased. */
export function bodyMember(fact: RunFact, name: string): unknown {
  const body = fact.body()
  return typeof body === 'object' && body !== null && Object.hasOwn(body, name)
    ? (body as Record<string, unknown>)[name]
    : undefined
}

const quoteCharactersMax = 280
const quotedMembers = ['text', 'message', 'content', 'reason', 'reasoning', 'summary']

/** The words of whoever wrote the body: untrusted, and to be shown as a quotation. */
export function quoteOf(fact: RunFact | undefined): string | undefined {
  if (fact === undefined) return undefined
  const body = fact.body()
  const text =
    typeof body === 'string'
      ? body
      : quotedMembers.map((name) => bodyMember(fact, name)).find((member) => typeof member === 'string')
  if (typeof text !== 'string' || text === '') return undefined
  // A character has at most two code units, so that the rest of a long text need not be taken apart.
  const characters = Array.from(text.slice(0, 2 * quoteCharactersMax + 2))
  return characters.length <= quoteCharactersMax ? text : `${characters.slice(0, quoteCharactersMax).join('')}…`
}

/** The first quotation of some events. Bodies after it are not read. */
export function firstQuoteOf(facts: readonly RunFact[]): string | undefined {
  for (const fact of facts) {
    const quote = quoteOf(fact)
    if (quote !== undefined) return quote
  }
  return undefined
}
