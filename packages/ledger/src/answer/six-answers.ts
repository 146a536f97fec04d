import { hasEffect, questions, type ActionRow, type Question, type RunRow } from '@counterfoil/store'
import type { Answer } from '../report/run.ts'
import type { RunStory } from './run-story.ts'
import { evidenceOf, type Strand } from './strand.ts'
import { attributeWords, counted, grouped, isByPerson, listed, named, rowWords } from './words.ts'

const titles: Readonly<Record<Question, string>> = {
  trigger: 'What triggered it?',
  context: 'What context did it use?',
  proposal: 'What did it propose?',
  checks: 'Which checks ran?',
  approval: 'Did a person approve or intervene?',
  effect: 'What really happened?',
}

type Draft = Pick<Answer, 'text'> & { quote?: string | undefined; from: readonly Strand[] }

interface Run {
  readonly row: RunRow
  readonly actions: readonly ActionRow[]
  readonly story: RunStory
}

const answerers: Readonly<Record<Question, (run: Run) => Draft>> = {
  trigger: answerTrigger,
  context: answerContext,
  proposal: answerProposal,
  checks: answerChecks,
  approval: answerApproval,
  effect: answerEffect,
}

/**
 * The six answers of a run, always all six and in this order. Grades come from the projection, so that a list and a
 * receipt never disagree; words come from the events.
 */
export function sixAnswers(row: RunRow, actions: readonly ActionRow[], story: RunStory): Answer[] {
  const run = { row, actions, story }
  return questions.map((question) => {
    const { text, quote, from } = answerers[question](run)
    return {
      question,
      title: titles[question],
      grade: row.answers[question],
      text,
      ...(quote !== undefined && { quote }),
      evidence: evidenceOf(...from),
    }
  })
}

const listThose = ({ words }: Strand): string => listed(words.words, words.beyond)
const nameThose = ({ words }: Strand): string => named(words.words, words.beyond)

/** Why a run says nothing by its silence; undefined for one that came to its end in good order, or goes on. */
function breakOf({ row }: Run): string | undefined {
  if (row.status === 'failed') return 'the run failed'
  if (row.status === 'cancelled') return 'the run was stopped'
  if (row.status === 'stalled') return 'the run went silent before its end'
  return row.flags.includes('gap') ? 'events of the run are missing' : undefined
}

const notYet = (run: Run): boolean => run.row.status === 'running' && breakOf(run) === undefined

function answerTrigger({ row, story }: Run): Draft {
  const from = [story.created]
  if (row.triggerType === undefined) {
    return { text: 'The log does not say: no run_created with a trigger is on record.', from }
  }
  if (row.triggerType === 'unknown') {
    const why = row.flags.includes('imported')
      ? 'the transcript begins with the agent'
      : 'whoever recorded the run did not know'
    return { text: `The log does not say: ${why}.`, from }
  }
  const started: Record<string, string> = {
    user: 'A user asked',
    schedule: 'A schedule fired',
    event: 'An event arrived',
    agent: 'Another agent started it',
    api: 'An API call started it',
  }
  const customer = row.customerId === undefined ? '' : `, for customer ${row.customerId}`
  return {
    text: `${started[row.triggerType] ?? row.triggerType}${row.triggerRef === undefined ? '' : ` (${row.triggerRef})`}${row.flags.includes('time_unknown') ? '' : ` at ${new Date(row.startedMs).toISOString()}`}${customer}${row.flags.includes('time_unknown') ? '; the source gives no time' : ''}.`,
    quote: story.created.quote ?? (row.triggerType === 'user' ? story.inputs.quote : undefined),
    from,
  }
}

function answerContext({ story: { inputs, reads, readsByPersons, sources } }: Run): Draft {
  const from = [inputs, reads, readsByPersons]
  const parts = [
    inputs.count === 0 ? '' : counted(inputs.count, 'input'),
    reads.count === 0 ? '' : readWords(reads, ''),
  ].filter((part) => part !== '')
  const own = parts.length === 0 ? '' : `${parts.join(' and ')}${sources.count === 0 ? '' : `: ${nameThose(sources)}`}`
  const others = readsByPersons.count === 0 ? '' : readWords(readsByPersons, ' by a person')
  const told = [own, others].filter((part) => part !== '')
  return {
    text: told.length === 0 ? 'The log does not say: nothing that it read is on record.' : `${told.join('; ')}.`,
    from,
  }
}

function readWords(reads: Strand, byWhom: string): string {
  const tools = nameThose(reads)
  return `${counted(reads.count, 'read')}${byWhom}${tools === '' ? '' : ` with ${tools}`}`
}

function answerProposal(run: Run): Draft {
  const { proposals } = run.story
  const from = [proposals]
  if (run.actions.length === 0) {
    if (notYet(run)) return { text: 'Nothing yet.', from }
    const broken = breakOf(run)
    return {
      text:
        broken === undefined
          ? 'It proposed no action, and the run has ended.'
          : `No action is on record; ${broken}, and the log does not say whether one was proposed.`,
      from,
    }
  }
  const [byPersons, byAgent] = [run.actions.filter(isByPerson), run.actions.filter((action) => !isByPerson(action))]
  const words = [...byAgent, ...byPersons].map(deedWords)
  const others = byPersons.length === 0 || byAgent.length === 0 ? '' : `, ${byPersons.length} of them by a person`
  const begin = proposals.count === 0 ? 'No proposal is on record, although the run acted: ' : ''
  return {
    text: `${begin}${counted(run.actions.length, 'action')}${others}: ${listed(grouped(words))}.`,
    quote: proposals.quote,
    from,
  }
}

function answerChecks(run: Run): Draft {
  const { checks } = run.story
  const from = [checks]
  if (checks.count > 0) return { text: `${counted(checks.count, 'check')}: ${listThose(checks)}.`, from }
  if (run.row.answers.checks === 'none')
    return { text: 'None was needed: no action with an effect was proposed.', from }
  if (run.actions.some(hasEffect))
    return { text: 'No check is on record, although an action with an effect was proposed.', from }
  return { text: notYet(run) ? 'None yet.' : `No check is on record; ${breakOf(run) ?? 'the run ended'}.`, from }
}

function answerApproval(run: Run): Draft {
  const { decisions, questions: asked, allowances, requirements } = run.story
  if (decisions.count > 0) {
    return { text: `${listThose(decisions)}.`, quote: decisions.quote, from: [decisions] }
  }
  if (asked.count > 0) return { text: 'A person was asked and has not decided.', from: [asked] }
  if (run.row.answers.approval === 'none') {
    return {
      text:
        allowances.count === 0
          ? 'None was needed: no action with an effect was proposed.'
          : `No approval was required: ${nameThose(allowances)} allowed it.`,
      from: [allowances],
    }
  }
  if (requirements.count > 0)
    return { text: `${nameThose(requirements)} required one; none is on record.`, from: [requirements] }
  if (run.actions.some(hasEffect))
    return { text: 'No approval is on record, and no rule says that none was needed.', from: [] }
  return {
    text: notYet(run) ? 'Nothing to decide yet.' : `No approval is on record; ${breakOf(run) ?? 'the run ended'}.`,
    from: [],
  }
}

function answerEffect(run: Run): Draft {
  const { effects, answeredCalls } = run.story
  const from = [effects.count > 0 ? effects : answeredCalls]
  const effectful = run.actions.filter(hasEffect)
  if (effectful.length === 0) {
    if (notYet(run)) return { text: 'Nothing yet.', from }
    const broken = breakOf(run)
    return {
      text:
        broken === undefined
          ? 'Nothing: no action with an effect was proposed.'
          : `No action with an effect is on record; ${broken}, and the log does not say whether there was one.`,
      from,
    }
  }
  const byOutcome = Map.groupBy(effectful, (action) => action.outcome)
  const words = [...byOutcome].map(([outcome, actions]) => {
    const shown = actions.map((action) => `${rowWords(action)}${referenceWords(action)}`)
    return `${outcome}: ${listed(grouped(shown))}`
  })
  return { text: `${words.join('; ')}.`, from }
}

/** A reference that repeats the target says nothing. */
function referenceWords({ externalRef: ref, targetId }: ActionRow): string {
  return ref === undefined || ref === targetId ? '' : ` [${ref}]`
}

const became: Readonly<Partial<Record<ActionRow['outcome'], string>>> = {
  running: 'under way',
  mismatch: 'is a mismatch',
}

/** How the run stands: whether it is over, and the worst that became of its actions. */
function standing(row: RunRow): string {
  const gaps = row.flags.includes('gap') ? ' Events of it are missing.' : ''
  return `${endOf(row)}${gaps}`
}

function endOf({ status, outcome, flags }: RunRow): string {
  if (status === 'stalled') return 'The run went silent before its end: what has happened since, nobody knows.'
  if (flags.includes('stopped')) return `A person stopped the run; its worst outcome is ${outcome}.`
  if (status === 'running')
    return outcome === 'running' ? 'The run goes on.' : `The run goes on; its worst outcome so far is ${outcome}.`
  if (status === 'completed' && outcome === 'done') return 'The run is done.'
  const end = status === 'failed' ? 'failed' : status === 'cancelled' ? 'was stopped' : 'ended'
  return outcome === status ? `The run ${end}.` : `The run ${end}; its worst outcome is ${outcome}.`
}

/** What happened in one line, ready to paste. */
export function runSentence(row: RunRow, actions: readonly ActionRow[]): string {
  const main = mainActions(row, actions)
  const workflow =
    row.workflow === undefined ? 'The run' : `${row.workflow}${row.version === undefined ? '' : ` ${row.version}`}`
  const [first] = main
  if (first === undefined) {
    const what = actions.length === 0 ? 'no action' : `${counted(actions.length, 'action')}, none with an effect,`
    return `${workflow}: ${what} ${actions.length > 1 ? 'are' : 'is'} on record. ${standing(row)}`
  }
  const others = actions.filter((action) => !main.includes(action))
  const byPersons = others.filter(isByPerson).length
  const byWhom =
    byPersons === 0 || isByPerson(first)
      ? ''
      : byPersons === others.length
        ? ' by a person'
        : `, ${byPersons} of them by a person`
  const rest = others.length === 0 ? '' : `, and ${counted(others.length, 'other action')}${byWhom}`
  return `${workflow}: ${listed([[deedWords(first), main.length]])} ${became[first.outcome] ?? first.outcome}${rest}. ${standing(row)}`
}

const deedWords = (action: ActionRow): string => `${rowWords(action)}${attributeWords(action.attributes)}`

const isWords = ({ effectClass }: ActionRow): boolean => effectClass === 'communicate'

/** The action that says most, with those that say the same: of the agent, explaining the outcome, more than words. */
function mainActions(row: RunRow, actions: readonly ActionRow[]): ActionRow[] {
  const explains = ({ outcome }: ActionRow): boolean => row.outcome !== 'done' && outcome === row.outcome
  const [first] = actions
    .filter(hasEffect)
    .toSorted(
      (a, b) =>
        Number(isByPerson(a)) - Number(isByPerson(b)) ||
        Number(explains(b)) - Number(explains(a)) ||
        Number(isWords(a)) - Number(isWords(b)),
    )
  if (first === undefined) return []
  return actions.filter((action) => action.outcome === first.outcome && deedWords(action) === deedWords(first))
}
