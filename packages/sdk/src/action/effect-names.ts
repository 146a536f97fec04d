import type { EffectClass } from './declaration.ts'

/** The classes of effects, for callers that no compiler checks. The schema has them too, behind definitions that load much. */
const effects = {
  none: true,
  read: true,
  write: true,
  delete: true,
  communicate: true,
  financial: true,
  privilege: true,
  execute: true,
} satisfies Record<EffectClass, true>

export const effectNames: ReadonlySet<string> = new Set(Object.keys(effects))
