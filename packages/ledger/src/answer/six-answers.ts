import { hasEffect, isStop, questions, type ActionRow, type Question, type RunRow } from '@counterfoil/store'
import type { Answer } from '../report/run.ts'
import { evidenceOf, firstQuoteOf, ofType, quoteOf, type RunFact } from './run-facts.ts'
import { attributeWords, counted, listed, rowWords } from './words.ts'

const titles: Readonly<Record<Question, string>> = {
  trigger: 'What triggered it?',
  context: 'What context did it use?',
  proposal: 'What did it propose?',
  checks: 'Which checks ran?',
  approval: 'Did a person approve or intervene?',
  effect: 'What really happened?',
}

type Draft = Pick<Answer, 'text'> & { quote?: string | undefined; from: readonly RunFact[] }

interface Run {
  readonly row: RunRow
  readonly actions: readonly ActionRow[]
  readonly facts: readonly RunFact[]
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
export function sixAnswers(row: RunRow, actions: readonly ActionRow[], facts: readonly RunFact[]): Answer[] {
  const run = { row, actions, facts }
  return questions.map((question) => {
    const { text, quote, from } = answerers[question](run)
    return {
      question,
      title: titles[question],
      grade: row.answers[question],
      text,
      ...(quote !== undefined && { quote }),
      evidence: evidenceOf(from),
    }
  })
}

const notYet = (run: Run): boolean => run.row.status === 'running'

function answerTrigger({ row, facts }: Run): Draft {
  const from = ofType(facts, 'run_created')
  if (row.triggerType === undefined) {
    return { text: 'The log does not say: no run_created with a trigger is on record.', from }
  }
  const started: Record<string, string> = {
    user: 'A user asked',
    schedule: 'A schedule fired',
    event: 'An event arrived',
    agent: 'Another agent started it',
    api: 'An API call started it',
  }
  const customer = row.customerId === undefined ? '' : `, for customer ${row.customerId}`
  const inputs = ofType(facts, 'input_resolved')
  return {
    text: `${started[row.triggerType] ?? row.triggerType}${row.triggerRef === undefined ? '' : ` (${row.triggerRef})`}${row.flags.includes('time_unknown') ? ' at a time that the source does not give' : ` at ${new Date(row.startedMs).toISOString()}`}${customer}.`,
    quote: quoteOf(from[0]) ?? (row.triggerType === 'user' ? firstQuoteOf(inputs) : undefined),
    from,
  }
}

function answerContext(run: Run): Draft {
  const inputs = ofType(run.facts, 'input_resolved')
  const reads = ofType(run.facts, 'retrieval_completed')
  const from = [...inputs, ...reads]
  if (from.length === 0) return { text: 'The log does not say: nothing that it read is on record.', from }
  const sources = from.flatMap(({ leaf }) =>
    (leaf.sources ?? []).map(
      ({ type, id, version }) => `${type} ${id}${version === undefined ? '' : ` (version ${version})`}`,
    ),
  )
  const tools = reads.flatMap(({ leaf }) => (leaf.tool === undefined ? [] : [leaf.tool.name]))
  const parts = [
    inputs.length === 0 ? '' : counted(inputs.length, 'input'),
    reads.length === 0 ? '' : `${counted(reads.length, 'read')}${tools.length === 0 ? '' : ` with ${listed(tools)}`}`,
  ].filter((part) => part !== '')
  return { text: `${parts.join(' and ')}${sources.length === 0 ? '' : `: ${listed(sources)}`}.`, from }
}

function answerProposal(run: Run): Draft {
  const from = ofType(run.facts, 'decision_proposed')
  if (run.actions.length === 0) {
    return { text: notYet(run) ? 'Nothing yet.' : 'It proposed no action, and the run has ended.', from }
  }
  const words = run.actions.map((action) => `${rowWords(action)}${attributeWords(action.attributes)}`)
  const begin = from.length === 0 ? 'No proposal is on record, although the run acted: ' : ''
  return {
    text: `${begin}${counted(run.actions.length, 'action')}: ${listed(words)}.`,
    quote: firstQuoteOf(from.filter(({ leaf }) => leaf.action?.effect_class !== 'communicate')),
    from,
  }
}

function answerChecks(run: Run): Draft {
  const from = ofType(run.facts, 'validation_passed', 'validation_failed')
  if (from.length > 0) {
    const words = from.map(
      ({ leaf: { check } }) =>
        `${check?.name ?? ''} → ${check?.verdict ?? ''}${check?.rule_id === undefined ? '' : ` (rule ${check.rule_id})`}`,
    )
    return { text: `${counted(from.length, 'check')}: ${listed(words)}.`, from }
  }
  if (run.row.answers.checks === 'none')
    return { text: 'None was needed: no action with an effect was proposed.', from }
  return {
    text:
      notYet(run) && !run.actions.some(hasEffect)
        ? 'None yet.'
        : 'No check is on record, although an action with an effect was proposed.',
    from,
  }
}

function answerApproval(run: Run): Draft {
  const decided = ofType(
    run.facts,
    'approval_granted',
    'approval_rejected',
    'approval_expired',
    'approval_cancelled',
    'decision_overridden',
  )
  const asked = ofType(run.facts, 'approval_requested')
  if (decided.length > 0) {
    const verbs: Record<string, string> = {
      approval_granted: 'approved',
      approval_rejected: 'rejected',
      approval_expired: 'did not decide in time on',
      approval_cancelled: 'withdrew the request about',
      decision_overridden: 'overrode',
    }
    const words = decided.map(({ leaf }) =>
      isStop(leaf)
        ? `${leaf.actor?.id ?? 'somebody'} stopped the run (${leaf.reason_code ?? 'no reason given'})`
        : `${leaf.approval?.mode === 'auto' ? 'a rule' : (leaf.actor?.id ?? 'somebody')} ${verbs[leaf.event_type] ?? ''} ${leaf.action?.type ?? 'the run'}`,
    )
    return {
      text: `${listed(words)}.`,
      quote: firstQuoteOf(decided),
      from: decided,
    }
  }
  if (asked.length > 0) return { text: 'A person was asked and has not decided.', from: asked }
  if (run.row.answers.approval === 'none') {
    const allowing = ofType(run.facts, 'validation_passed').filter(
      ({ leaf: { check } }) => check?.verdict === 'allow' && (check.rule_id ?? check.policy_id) !== undefined,
    )
    const rules = allowing.map(({ leaf: { check } }) => check?.rule_id ?? check?.policy_id ?? '')
    return {
      text:
        rules.length === 0
          ? 'None was needed: no action with an effect was proposed.'
          : `No approval was required: ${listed(rules)} allowed it.`,
      from: allowing,
    }
  }
  if (notYet(run) && !run.actions.some(hasEffect)) return { text: 'Nothing to decide yet.', from: [] }
  return { text: 'No approval is on record, and no rule says that none was needed.', from: [] }
}

function answerEffect(run: Run): Draft {
  const from = ofType(
    run.facts,
    'side_effect_applied',
    'side_effect_blocked',
    'side_effect_unknown',
    'side_effect_reverted',
  )
  const effectful = run.actions.filter(hasEffect)
  const calls = ofType(run.facts, 'tool_completed')
  if (effectful.length === 0) {
    return { text: notYet(run) ? 'Nothing yet.' : 'Nothing: no action with an effect was proposed.', from }
  }
  const byOutcome = Map.groupBy(effectful, (action) => action.outcome)
  const words = [...byOutcome].map(([outcome, actions]) => {
    const shown = listed(
      actions.map(
        (action) => `${rowWords(action)}${action.externalRef === undefined ? '' : ` [${action.externalRef}]`}`,
      ),
    )
    return `${outcome}: ${shown}`
  })
  return { text: `${words.join('; ')}.`, from: from.length > 0 ? from : calls }
}

/** What happened in one line, ready to paste. */
export function runSentence(row: RunRow, actions: readonly ActionRow[]): string {
  const effectful = actions.filter(hasEffect)
  const telling = effectful.filter((action) => action.effectClass !== 'communicate')
  const main = (telling.length > 0 ? telling : effectful).toSorted(
    (a, b) => Number(b.outcome === row.outcome) - Number(a.outcome === row.outcome),
  )[0]
  const end = row.flags.includes('stopped') ? ' A person stopped it.' : ''
  const workflow =
    row.workflow === undefined ? 'The run' : `${row.workflow}${row.version === undefined ? '' : ` ${row.version}`}`
  if (main === undefined) return `${workflow}: ${row.outcome}, nothing changed in the outside world.${end}`
  const others = actions.length - 1
  return `${workflow}: ${rowWords(main)}${attributeWords(main.attributes)} ${main.outcome}${others === 0 ? '' : `, and ${counted(others, 'other action')}`}. The run is ${row.outcome}.${end}`
}
