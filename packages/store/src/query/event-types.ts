import { findQueryKey } from '@counterfoil/schema/query'

/** The event types of the specification that start with a prefix. */
export function eventTypesStarting(prefix: string): string[] {
  return (findQueryKey('type')?.choices ?? []).map(({ word }) => word).filter((word) => word.startsWith(prefix))
}
