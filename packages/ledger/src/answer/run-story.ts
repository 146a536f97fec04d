import { isStop, keyRole, type ActionRow, type LeafEvent } from '@counterfoil/store'
import { bodyMember, type RunFact } from './run-facts.ts'
import { comparePlaces, placeOf, type RunPlace } from './run-place.ts'
import { Strand } from './strand.ts'
import { interruption, personWords, sourceWords } from './words.ts'

/** Parameters of one report, in characters; those of actions beyond are left out, the events have them. */
const parametersCharactersMax = 16 * 1024 * 1024

const verbs: Readonly<Record<string, string>> = {
  approval_granted: 'approved',
  approval_rejected: 'rejected',
  approval_expired: 'did not decide in time on',
  approval_cancelled: 'withdrew the request about',
  decision_overridden: 'overrode',
}

/**
 * What the six answers need of the events of a run, gathered one event at a time: the size of what is kept does not grow
 * with the run, and neither arrival nor pages change it.
 */
export class RunStory {
  readonly created = new Strand()
  readonly inputs = new Strand()
  readonly reads = new Strand()
  /** What a person looked up themselves: the agent need not have seen it. */
  readonly readsByPersons = new Strand()
  /** Inputs and reads, but those by persons, that name what was read. */
  readonly sources = new Strand()
  readonly proposals = new Strand()
  readonly checks = new Strand()
  /** Checks that name the rule by which they allowed the action. */
  readonly allowances = new Strand()
  /** Checks by which a person had to say yes, by what they name: a rule, a policy, or only the check itself. */
  readonly requirements = new Strand()
  readonly questions = new Strand()
  readonly decisions = new Strand()
  readonly effects = new Strand()
  readonly answeredCalls = new Strand()
  /** Rules by which something was removed before it was stored. */
  readonly removals = new Strand()
  readonly #owner: string
  readonly #parameters = new Map<string, { readonly place: RunPlace; readonly value: unknown }>()
  #parametersCharacters = 0
  readonly #firstPlaces = new Map<string, RunPlace>()

  /** @param owner the key that the run belongs to: what another run's key says answers nothing */
  constructor(owner: string) {
    this.#owner = owner
  }

  add(fact: RunFact): void {
    const { leaf } = fact
    if (leaf.action !== undefined) this.#keepFirstPlace(leaf.action.id, placeOf(leaf))
    if (!countsForRun(this.#owner, leaf)) return
    const isRead = leaf.event_type === 'retrieval_completed'
    if ((leaf.event_type === 'input_resolved' || (isRead && !isByPerson(leaf))) && leaf.sources)
      this.sources.add(fact, leaf.sources.map(sourceWords))
    if (leaf.redactions !== undefined)
      this.removals.add(
        fact,
        leaf.redactions.map(({ rule }) => rule),
      )
    this.#takers[leaf.event_type]?.(fact)
  }

  /** What was proposed for the action, as its first proposal has it. */
  parametersOf(actionId: string): unknown {
    return this.#parameters.get(actionId)?.value
  }

  /** Actions in the order in which the run came to them, whatever arrived first. */
  inOrder(actions: readonly ActionRow[]): ActionRow[] {
    return actions.toSorted((a, b) => {
      const [first, second] = [this.#firstPlaces.get(a.actionId), this.#firstPlaces.get(b.actionId)]
      if (first === undefined || second === undefined)
        return Number(first === undefined) - Number(second === undefined) || a.firstIndex - b.firstIndex
      return comparePlaces(first, second)
    })
  }

  readonly #takers: Readonly<Record<string, (fact: RunFact) => void>> = {
    run_created: (fact) => this.created.add(fact, [], { quoted: true }),
    input_resolved: (fact) => this.inputs.add(fact, [], { quoted: isSaid(fact.leaf) }),
    retrieval_completed: (fact) => {
      const reads = isByPerson(fact.leaf) ? this.readsByPersons : this.reads
      reads.add(fact, fact.leaf.tool === undefined ? [] : [fact.leaf.tool.name])
    },
    decision_proposed: (fact) => {
      this.proposals.add(fact, [], { quoted: fact.leaf.action?.effect_class !== 'communicate' })
      this.#keepParameters(fact)
    },
    validation_passed: (fact) => this.#addCheck(fact),
    validation_failed: (fact) => this.#addCheck(fact),
    approval_requested: (fact) => this.questions.add(fact),
    ...Object.fromEntries(Object.entries(verbs).map(([type, verb]) => [type, this.#decided(verb)])),
    side_effect_applied: (fact) => this.effects.add(fact),
    side_effect_blocked: (fact) => this.effects.add(fact),
    side_effect_unknown: (fact) => this.effects.add(fact),
    side_effect_reverted: (fact) => this.effects.add(fact),
    tool_completed: (fact) => this.answeredCalls.add(fact),
  }

  #decided(verb: string): (fact: RunFact) => void {
    return (fact) => {
      const { approval, actor, action, reason_code: reason } = fact.leaf
      const who = approval?.mode === 'auto' ? 'a rule' : actor === undefined ? 'somebody' : personWords(actor.id)
      if (isStop(fact.leaf))
        return this.decisions.add(fact, [`${who} stopped the run (${reason ?? 'no reason given'})`])
      const did = reason === interruption ? 'interrupted' : verb
      this.decisions.add(fact, [`${who} ${did} ${action?.type ?? 'the run'}`], { quoted: reason !== interruption })
    }
  }

  #addCheck(fact: RunFact): void {
    const { check } = fact.leaf
    if (check === undefined) return
    const rule = check.rule_id === undefined ? '' : ` (rule ${check.rule_id})`
    this.checks.add(fact, [`${check.name} → ${check.verdict}${rule}`])
    const named = check.rule_id ?? check.policy_id
    if (check.verdict === 'require_approval') this.requirements.add(fact, [named ?? check.name])
    if (check.verdict === 'allow' && named !== undefined) this.allowances.add(fact, [named])
  }

  #keepFirstPlace(actionId: string, place: RunPlace): void {
    const known = this.#firstPlaces.get(actionId)
    if (known === undefined || comparePlaces(place, known) < 0) this.#firstPlaces.set(actionId, place)
  }

  #keepParameters(fact: RunFact): void {
    const { action } = fact.leaf
    const place = placeOf(fact.leaf)
    const known = action === undefined ? undefined : this.#parameters.get(action.id)
    if (action === undefined || (known !== undefined && comparePlaces(known.place, place) < 0)) return
    if (this.#parametersCharacters >= parametersCharactersMax) return
    const value = bodyMember(fact, 'parameters')
    if (value === undefined) return
    this.#parametersCharacters += fact.stored.payload?.state === 'present' ? fact.stored.payload.text.length : 0
    this.#parameters.set(action.id, { place, value })
  }
}

function countsForRun(owner: string, leaf: LeafEvent): boolean {
  const role = keyRole(leaf.key_id)
  return leaf.key_id === owner || role === 'server' || (role === 'policy' && leaf.event_type.startsWith('validation_'))
}

function isByPerson({ actor }: LeafEvent): boolean {
  return actor?.type === 'human'
}

/** Whether an input is somebody's words, and not a text that the agent works under. */
function isSaid({ prompt_ref: prompt, policy_ref: policy, sources }: LeafEvent): boolean {
  return (
    prompt === undefined &&
    policy === undefined &&
    sources?.some(({ type }) => type === 'prompt' || type === 'example') !== true
  )
}
