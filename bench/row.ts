/** One measured line; `limitName` and `limitValue` are what it is compared with, `ratio` is value to limit. */
export interface Row {
  name: string
  value: number
  unit: string
  limitName?: string
  limitValue?: number
  ratio?: number
  /** Smallest and largest of the rounds whose median `value` is. */
  spread?: readonly [number, number]
  target?: Target
}

/** What DESIGN asks for, in the unit of the row. */
export type Target = { readonly atLeast: number } | { readonly atMost: number }

/** How large a suite measures. `scale` shrinks the default sizes, for trying a change out; its figures are not for keeping. */
export interface SuiteOptions {
  readonly full: boolean
  readonly scale: number
}

/** Measures one topic; prepares and removes everything it needs. */
export type Suite = (options: SuiteOptions) => Promise<Row[]>

/** A row out of several rounds: their median, their spread, and beside it the median of the limit's rounds. */
export function rowOf(
  name: string,
  unit: string,
  rounds: readonly number[],
  beside: { readonly limitName?: string; readonly limit?: readonly number[]; readonly target?: Target } = {},
): Row {
  const value = median(rounds)
  const limitValue = beside.limit === undefined ? undefined : median(beside.limit)
  return {
    name,
    value,
    unit,
    ...(rounds.length > 1 && { spread: [Math.min(...rounds), Math.max(...rounds)] as const }),
    ...(beside.limitName !== undefined && { limitName: beside.limitName }),
    ...(limitValue !== undefined && { limitValue, ratio: value / limitValue }),
    ...(beside.target !== undefined && { target: beside.target }),
  }
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** The value below which `share` of the values lie; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** Undefined for a row without target. */
export function meetsTarget({ value, target }: Row): boolean | undefined {
  if (target === undefined) return undefined
  return 'atLeast' in target ? value >= target.atLeast : value <= target.atMost
}

/** A size shrunk by the scale, never below `least`. */
export function sized(options: SuiteOptions, size: number, least = 1_000): number {
  return Math.max(least, Math.round(size * options.scale))
}
