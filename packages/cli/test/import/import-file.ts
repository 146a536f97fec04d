import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { limits } from '@counterfoil/schema'
import { parseActionMapText, type ActionMap } from '@counterfoil/schema/action-map'
import { validateEvent } from '@counterfoil/schema/validate'
import { findImporter, type ImportedRun, type ImportItem, type Rejection } from '../../src/import/index.ts'

/** The members of events that the tests look at. */
export interface SeenEvent {
  readonly event_id: string
  readonly event_type: string
  readonly run_id: string
  readonly run_seq: number
  readonly trigger?: { readonly type: string; readonly ref?: string }
  readonly actor: { readonly type: string; readonly id: string }
  readonly action?: { readonly id: string; readonly type: string; readonly effect_class: string }
  readonly target?: { readonly type: string; readonly id: string }
  readonly tool?: { readonly name: string; readonly call_id?: string }
  readonly effect?: { readonly status: string; readonly external_ref?: string }
  readonly result?: string
  readonly reason_code?: string
  readonly attributes?: Readonly<Record<string, string | number>>
  readonly payload?: Readonly<Record<string, unknown>>
}

export interface SeenRun {
  readonly run: ImportedRun
  readonly events: readonly SeenEvent[]
}

export function itemsOf(
  name: string,
  bytes: Uint8Array | string,
  actionMap?: ActionMap,
  file = 'a-file',
): ImportItem[] {
  const importer = findImporter(name)
  if (importer === undefined) throw new Error(`no importer ${name}`)
  return [
    ...importer.read(
      { file, bytes: typeof bytes === 'string' ? Buffer.from(bytes) : bytes },
      actionMap === undefined ? {} : { actionMap },
    ),
  ]
}

/** Groups items by run, and checks on the way that the numbers of each run item are true. */
export function runsOf(items: readonly ImportItem[]): SeenRun[] {
  const runs: { run: ImportedRun; events: SeenEvent[] }[] = []
  for (const item of items) {
    if (item.kind === 'run') runs.push({ run: item, events: [] })
    if (item.kind === 'event') runs.at(-1)?.events.push(item.event as unknown as SeenEvent)
  }
  for (const { run, events } of runs) {
    if (events.length !== run.events) throw new Error(`${run.runId} says ${run.events} events and has ${events.length}`)
    if (events[0]?.event_id !== run.createdEventId) throw new Error(`${run.runId} does not begin with its run_created`)
  }
  return runs
}

export const rejectionsOf = (items: readonly ImportItem[]): Rejection[] =>
  items.filter((item) => item.kind === 'rejected')

/** What an event of the contract may not be: the codes and places of everything that is wrong with it. */
export function faultsOf(items: readonly ImportItem[]): string[] {
  return items.flatMap((item) => {
    if (item.kind !== 'event') return []
    const faults: string[] = []
    const { payload, ...envelope } = item.event
    try {
      validateEvent(envelope)
    } catch (error) {
      faults.push(`${String(item.event['event_type'])}: ${(error as Error).message}`)
    }
    if (Buffer.byteLength(JSON.stringify(envelope)) > limits.envelopeBytesMax) faults.push('envelope too large')
    if (payload !== undefined && Buffer.byteLength(JSON.stringify(payload)) > limits.payloadBytesMax)
      faults.push('payload too large')
    if (depthOf(payload) > limits.payloadDepthMax) faults.push('payload too deep')
    if (!item.text.isWellFormed() || /\\u[dD][89a-fA-F]/.test(item.text)) faults.push('lone surrogate')
    if (JSON.stringify(item.event) !== item.text) faults.push('text is not the event')
    return faults
  })
}

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Object.values(value).reduce<number>((deepest, member) => Math.max(deepest, depthOf(member)), 0)
}

export function readMap(name: string): ActionMap {
  return parseActionMapText(readFileSync(new URL(`../../../../examples/tools/${name}.json`, import.meta.url), 'utf8'))
}

export function importFile(name: string, file: string, actionMap?: ActionMap): ImportItem[] {
  return itemsOf(name, readFileSync(file), actionMap, basename(file))
}

/** The lines of a gzipped truth file. */
export function readTruth<T>(folder: string, file: string): T[] {
  const text = gunzipSync(readFileSync(join(folder, file))).toString('utf8')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T)
}
