import { allMissing, isSilent, isStopped, type ProducerState } from './producer-state.ts'

export const producerStatuses = ['active', 'silent', 'stopped'] as const
/** `stopped` said goodbye, `silent` did not and is not heard any more, `active` are all others. */
export type ProducerStatus = (typeof producerStatuses)[number]

/** What a list needs of a producer. Times are milliseconds since the epoch. */
export interface ProducerRow {
  readonly keyId: string
  readonly instance: string
  readonly status: ProducerStatus
  readonly highestSeq: number
  readonly firstMs: number
  readonly lastMs: number
  readonly promisedWithinMs?: number
  readonly missing: readonly {
    readonly first: number
    readonly last: number
    readonly sinceMs: number
    /** There were more gaps than are kept apart: they lie between `first` and `last`. */
    readonly isScattered?: true
  }[]
}

export function producerStatus(state: ProducerState): ProducerStatus {
  if (isSilent(state)) return 'silent'
  return isStopped(state) ? 'stopped' : 'active'
}

/** The list row of a producer, derived from its state. */
export function producerRow(state: ProducerState): ProducerRow {
  return {
    keyId: state.keyId,
    instance: state.instance,
    status: producerStatus(state),
    highestSeq: state.highest,
    firstMs: state.firstMs,
    lastMs: state.lastMs,
    ...(state.promise !== undefined && { promisedWithinMs: state.promise.withinMs }),
    missing: allMissing(state).map((range) => ({
      ...range,
      ...(range === state.scattered && { isScattered: true as const }),
    })),
  }
}
