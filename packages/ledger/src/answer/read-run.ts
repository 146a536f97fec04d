import type { RunEvent, SqliteStore, StoredEvent } from '@counterfoil/store'
import { LedgerError } from '../errors.ts'
import { shownId } from '../shown-id.ts'
import { inRunOrder, runFacts } from './run-facts.ts'
import type { RunParts } from './run-report.ts'
import { RunStory } from './run-story.ts'

/** How many events of a run are shown by its report at once; more are paged. */
const runEventsMax = 2_000

/** How many events are read at once for the answers about a run that does not fit into its page. */
const storyEventsMax = 500

/** Reads what a report of one run needs: its rows, a page of its timeline, and what all of its events tell. */
export async function readRun(
  store: SqliteStore,
  { name, origin }: { readonly name: string; readonly origin: string },
  runId: string,
  options: { readonly from?: number; readonly limit?: number },
): Promise<RunParts> {
  const limit = Math.min(options.limit ?? runEventsMax, runEventsMax)
  const { ids, run: found } = await store.openRun(name, runId, options.from ?? 0, limit + 1)
  if (found === undefined) {
    if (ids.length < 2) throw new LedgerError('run_unknown', `No run is called ${shownId(runId)}.`)
    const some = ids.map(shownId).join(', ')
    throw new LedgerError('run_ambiguous', `Several runs start with ${shownId(runId)}: ${some}, … Give more of the id.`)
  }
  const { run, actions, events, head } = found
  const all = runFacts(events)
  const facts = inRunOrder(all.slice(0, limit))
  const story = new RunStory(run.keyId)
  const isWhole = (options.from ?? 0) <= run.firstIndex && events.length <= limit && !events.some(isCut)
  if (isWhole) facts.forEach((fact) => story.add(fact))
  else await addAll(story, store, { log: name, runId: run.runId, from: run.firstIndex, size: head.size })
  return { run, actions, story, facts, next: all[limit]?.leaf.index, origin, head }
}

/** Adds every event that the log had when it had `size` entries, in bounded memory. */
async function addAll(
  story: RunStory,
  store: SqliteStore,
  { log, runId, from, size }: { log: string; runId: string; from: number; size: number },
): Promise<void> {
  let next = from
  for (;;) {
    const page = await store.runEvents(log, runId, { from: next, limit: storyEventsMax, payloads: true })
    const events = page.map(withText)
    // Bodies of one reading are bounded: what was left out is read again. The first body always comes.
    const cut = events.findIndex(isCut)
    const read = cut < 1 ? events : events.slice(0, cut)
    for (const fact of runFacts(read)) if (fact.leaf.index < size) story.add(fact)
    const last = page[read.length - 1]
    if (last === undefined || last.index >= size - 1 || (cut < 1 && page.length < storyEventsMax)) return
    next = last.index + 1
  }
}

function withText({ leaf, payload }: StoredEvent): RunEvent {
  const { buffer, byteOffset, byteLength } = leaf
  return {
    leaf: Buffer.from(buffer, byteOffset, byteLength).toString('utf8'),
    ...(payload !== undefined && { payload }),
  }
}

/** Whether the event has a body that was left out because others of the same reading were so large. */
function isCut({ leaf, payload }: RunEvent): boolean {
  return payload === undefined && leaf.includes('"payload":{"commitment":"')
}
