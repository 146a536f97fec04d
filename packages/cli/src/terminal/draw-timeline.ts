import type { RunReport, TimelineEntry } from '@counterfoil/ledger'
import { bodyNote, eventQuotes } from './event-quote.ts'
import type { Paper } from './paper.ts'
import { shortDigests } from './short-digests.ts'
import { countText } from './progress.ts'
import { gradeText, gradeTone } from './signs.ts'
import { visibleText } from './visible-text.ts'
import { padText, wrapText } from './width.ts'

/**
 * Every event in order: for a person in lines that fit, with what was said and done below; for a pipe one line an event,
 * whole, with its grade and id, a tab between them.
 */
export function drawTimeline({ run, timeline, timeline_next: next }: RunReport, paper: Paper): string[] {
  const grades = new Set(timeline.map(({ grade }) => grade))
  const shown =
    next === undefined ? `${countText(timeline.length)} events` : `the first ${countText(timeline.length)} events`
  const [only] = grades
  const title = `timeline: ${shown}${grades.size === 1 && only !== undefined ? `, all ${only}` : ''}`
  const lines = timeline.flatMap((entry) =>
    paper.isTerminal ? drawEntry(entry, paper, grades.size > 1) : [plainEntry(entry)],
  )
  const more = `and more, from entry ${String(next)} on: GET /v1/runs/${visibleText(run.run_id)}?from=${String(next)}`
  return [paper.style('dim', title), ...lines, ...(next === undefined ? [] : [more])]
}

const entryWidth = 6
const gradeWidth = 12

function drawEntry(entry: TimelineEntry, paper: Paper, withGrade: boolean): string[] {
  const indent = entryWidth + 2 + (withGrade ? gradeWidth : 0)
  const width = paper.width - indent
  const margin = ' '.repeat(indent)
  const grade = withGrade ? paper.style(gradeTone(entry.grade), padText(gradeText(entry.grade, paper), gradeWidth)) : ''
  const [first = '', ...rest] = wrapText(wordsOf(entry), width)
  return [
    `${String(entry.index).padStart(entryWidth)}  ${grade}${first}`,
    ...rest.map((line) => margin + line),
    ...quotesOf(entry).flatMap((quote) => wrapText(quote, width).map((line) => margin + paper.style('italic', line))),
  ]
}

function plainEntry(entry: TimelineEntry): string {
  return [
    String(entry.index),
    entry.grade,
    [wordsOf(entry), ...quotesOf(entry)].join(' '),
    visibleText(entry.event_id),
  ].join('\t')
}

function wordsOf(entry: TimelineEntry): string {
  const removed = (entry.envelope as { redactions?: readonly { path: string; rule: string }[] }).redactions ?? []
  const places = removed.map(({ path, rule }) => `${path} (${rule})`)
  const removals = places.length === 0 ? undefined : `Removed before storing: ${places.join(', ')}.`
  const parts = [entry.text, bodyNote(entry), removals].filter((part) => part !== undefined)
  return shortDigests(visibleText(parts.join(' ')))
}

function quotesOf(entry: TimelineEntry): string[] {
  const { call, words } = eventQuotes(entry)
  return [
    ...(call === undefined ? [] : [`with ${visibleText(call)}`]),
    ...words.map((text) => `“${visibleText(text)}”`),
  ]
}
