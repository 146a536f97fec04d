import { keyRole, type LeafEvent } from './leaf.ts'
import type { RunState } from './run-state.ts'
import { TermBag } from './term-bag.ts'
import { addRunTerms, type Term } from './terms.ts'

/** So many terms of a key are kept for the case that the run turns out to be, or not to be, its own. */
const unsettledMax = 64

/** Under this name are kept the terms that stay whoever owns the run. */
const shared = ''

/** What a run can be found by, as far as the events of one commit change it. */
export class RunTerms {
  readonly added = new TermBag()
  /** To be taken out before the others are put in. */
  readonly removed = new TermBag()

  /**
   * Adds what an event says of the run: its owner does, and a policy service or the server where they speak of an action.
   * Who the owner is, is known for good with `run_created`; until then the first key that may own a run is taken for it,
   * and what each key says is kept in the state, so that arrival order cannot matter.
   *
   * @param state after the event was applied; mutated
   * @param ownerBefore its owner before
   */
  say(state: RunState, ownerBefore: string, event: LeafEvent): void {
    const isShared = keyRole(event.key_id) !== 'run'
    if (isShared && !speaksOfAction(event)) return
    const counts = isShared || event.key_id === state.owner
    if (counts) addRunTerms(event, this.added)
    const unsettled = state.unsettledTerms
    if (unsettled === undefined) return
    const said = new TermBag()
    const keep = isShared ? shared : event.key_id
    for (const { key, value } of unsettled[keep] ?? []) said.add(key, value)
    addRunTerms(event, said)
    unsettled[keep] = said.terms.slice(0, unsettledMax)
    if (!state.ownerCreated) return
    delete state.unsettledTerms
    if (ownerBefore !== state.owner) this.#changeOwner(unsettled, ownerBefore, state.owner)
  }

  #changeOwner(unsettled: Readonly<Record<string, readonly Term[]>>, before: string, now: string): void {
    for (const term of unsettled[before] ?? []) {
      this.added.delete(term)
      this.removed.add(term.key, term.value)
    }
    for (const { key, value } of [...(unsettled[now] ?? []), ...(unsettled[shared] ?? [])]) this.added.add(key, value)
  }
}

/** What the server or a policy service says beside is about the log, not about the run. */
function speaksOfAction({ action, event_type: type, key_id: keyId }: LeafEvent): boolean {
  return action !== undefined && (keyRole(keyId) === 'server' || type.startsWith('validation_'))
}
