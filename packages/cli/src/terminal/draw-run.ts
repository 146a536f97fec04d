import type { ActionReport, Answer, RunReport, TimelineEntry } from '@counterfoil/ledger'
import type { Paper } from './paper.ts'
import { programName } from './program-name.ts'
import { countText } from './progress.ts'
import { gradeLegend, gradeText, gradeTone, outcomeText, outcomeTone } from './signs.ts'
import { alignedLines, type Column } from './table.ts'
import { visibleText } from './visible-text.ts'
import { padText, wrapText } from './width.ts'

const shortTitles: Readonly<Record<Answer['question'], string>> = {
  trigger: 'Trigger',
  context: 'Context',
  proposal: 'Proposed',
  checks: 'Checks',
  approval: 'Approval',
  effect: 'Effect',
}

const actionsMax = 12
/** Where the text of an answer begins: number, title, grade. */
const indent = 2 + 10 + 12

/** One run for a person: the sentence, the six answers, the actions, and where to go on. */
export function drawRun(report: RunReport, paper: Paper, options: { timeline: boolean }): string[] {
  const { run, sentence, answers, actions, proof } = report
  const shown = options.timeline ? actions : actions.slice(0, actionsMax)
  const program = programName()
  const lines = [
    ...wrapText(visibleText(sentence), paper.width).map((line) => paper.style('bold', line)),
    paper.style('dim', visibleText(factsOf(report))),
    `${paper.style(outcomeTone(run.outcome), outcomeText(run.outcome, paper))}${run.flags.length === 0 ? '' : `  (${visibleText(run.flags.join(', '))})`}`,
    '',
    ...answers.flatMap((answer, at) => drawAnswer(answer, at + 1, paper)),
    '',
    summarize(answers),
    ...gradeLegend(paper)
      .filter((line) => answers.some(({ grade }) => line.startsWith(`${gradeText(grade, paper)}:`)))
      .map((line) => paper.style('dim', `  ${line}`)),
  ]
  if (shown.length > 0) {
    lines.push('', ...alignedLines(shown, actionColumns(paper), paper))
    if (shown.length < actions.length)
      lines.push(`and ${countText(actions.length - shown.length)} more: --timeline shows all`)
  }
  if (options.timeline) lines.push('', ...drawTimeline(report, paper))
  return [
    ...lines,
    '',
    `proof      from entry ${run.first_index} to ${run.last_index} of the log ${visibleText(proof.origin)}, all under its signed checkpoint of ${countText(proof.size)} entries`,
    `next       ${program} verify${options.timeline ? `, ${program} proof <event>` : `, ${program} explain ${visibleText(run.run_id)} --timeline`}`,
  ]
}

function factsOf({ run }: RunReport): string {
  const took = run.duration_ms === undefined ? undefined : `took ${durationText(run.duration_ms)}`
  return [
    `run ${run.run_id}`,
    `${run.started_at.slice(0, 19).replace('T', ' ')} UTC`,
    took,
    run.model,
    run.customer_id === undefined ? undefined : `customer ${run.customer_id}`,
    `${countText(run.events)} ${run.events === 1 ? 'event' : 'events'}`,
  ]
    .filter((part) => part !== undefined)
    .join(' | ')
}

function durationText(ms: number): string {
  if (ms < 1_000) return `${ms} ms`
  const seconds = Math.round(ms / 1_000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

function drawAnswer({ question, grade, text, quote }: Answer, number: number, paper: Paper): string[] {
  const width = paper.width - indent
  const [first = '', ...rest] = wrapText(shortDigests(visibleText(text)), width)
  const margin = ' '.repeat(indent)
  const gradeCell = paper.style(gradeTone(grade), padText(gradeText(grade, paper), 12))
  const quoted = quote === undefined ? [] : wrapText(`“${visibleText(quote)}”`, width)
  return [
    `${number} ${padText(shortTitles[question], 10)}${gradeCell}${first}`,
    ...rest.map((line) => margin + line),
    ...quoted.map((line) => margin + paper.style('italic', line)),
  ]
}

/** Digests are for programs; their beginning is enough to tell them apart. `--json` has them whole. */
function shortDigests(text: string): string {
  return text.replace(/\b(sha256:[0-9a-f]{8})[0-9a-f]{56}\b/g, '$1…')
}

/** `Answered 4 of 6: 4 inferred, 1 none, 1 missing.` */
function summarize(answers: readonly Answer[]): string {
  const counts = new Map<string, number>()
  for (const { grade } of answers) counts.set(grade, (counts.get(grade) ?? 0) + 1)
  const answered = answers.filter(({ grade }) => grade !== 'missing').length
  return `Answered ${answered} of ${answers.length}: ${[...counts].map(([grade, count]) => `${count} ${grade}`).join(', ')}.`
}

function actionColumns(paper: Paper): readonly Column<ActionReport>[] {
  return [
    {
      title: 'OUTCOME',
      cell: ({ outcome }) => outcomeText(outcome, paper),
      tone: ({ outcome }) => outcomeTone(outcome),
    },
    { title: 'ACTION', cell: ({ type }) => visibleText(type), shrinkTo: 12 },
    {
      title: 'TARGET',
      cell: ({ target }) => visibleText(target === undefined ? '-' : `${target.type} ${target.id}`),
      shrinkTo: 12,
    },
    { title: 'EFFECT', cell: ({ effect_class: effect }) => visibleText(effect) },
    { title: 'DETAILS', cell: (action) => visibleText(detailsOf(action)), shrinkTo: 10 },
  ]
}

function detailsOf({ attributes, external_ref: ref, approver, edited, flags }: ActionReport): string {
  const parts = [
    ...Object.entries(attributes).map(([key, value]) => `${key} ${value}`),
    ref === undefined ? '' : `ref ${ref}`,
    approver === undefined ? '' : `approved by ${approver}`,
    edited ? 'edited' : '',
    ...flags,
  ].filter((part) => part !== '')
  return parts.length === 0 ? '-' : parts.join(', ')
}

function drawTimeline({ timeline, timeline_next: next }: RunReport, paper: Paper): string[] {
  const columns: readonly Column<TimelineEntry>[] = [
    { title: 'ENTRY', cell: ({ index }) => String(index) },
    { title: 'GRADE', cell: ({ grade }) => gradeText(grade, paper) },
    { title: 'WHAT', cell: ({ text }) => visibleText(text), shrinkTo: 20 },
    { title: 'EVENT', cell: ({ event_id: id }) => visibleText(id) },
  ]
  const lines = alignedLines(timeline, columns, paper)
  return next === undefined ? lines : [...lines, `and more, from entry ${next} on: GET /v1/runs/<id>?from=${next}`]
}
