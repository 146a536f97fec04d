import { isDeepStrictEqual } from 'node:util'
import type { ProjectionDifference } from '../../event-store.ts'
import type { MemoryRows } from './memory-rows.ts'

const rowOf = ({ row }: { readonly row: unknown }): unknown => row

/** Where the rows that are kept differ from those that follow from the leaves. */
export function compareMemoryRows(
  live: MemoryRows,
  derived: MemoryRows,
): { compared: number; differences: ProjectionDifference[] } {
  const differences: ProjectionDifference[] = []
  const compare = (
    table: string,
    kept: ReadonlyMap<string, unknown>,
    aside: ReadonlyMap<string, unknown>,
    shown: (value: never) => unknown,
  ): void => {
    for (const id of new Set([...kept.keys(), ...aside.keys()])) {
      const [a, b] = [kept.get(id), aside.get(id)]
      const isSame = a !== undefined && b !== undefined && isDeepStrictEqual(shown(a as never), shown(b as never))
      if (!isSame) differences.push({ table, id, message: 'differs from what follows from the log' })
    }
  }
  compare('run', live.runs, derived.runs, rowOf)
  compare('producer', live.producers, derived.producers, (state) => state)
  for (const [runId, run] of derived.runs)
    compare('action', live.runs.get(runId)?.actions ?? new Map<string, never>(), run.actions, rowOf)
  return { compared: derived.runs.size + derived.producers.size, differences }
}
