import type { ActionRow } from '@counterfoil/store'

/** `3 actions`, `1 action`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}

const shownMax = 5

/** At most five of a list, in words: `a, b and 3 more`. */
export function listed(items: readonly string[]): string {
  const unique = [...new Set(items)]
  if (unique.length > shownMax)
    return `${unique.slice(0, shownMax - 1).join(', ')} and ${unique.length - shownMax + 1} more`
  return unique.length < 2 ? unique.join('') : `${unique.slice(0, -1).join(', ')} and ${unique.at(-1)}`
}

/** `refund.create on order W1001`. */
export function actionWords(action: {
  readonly type: string
  readonly target?: { readonly type: string; readonly id: string } | undefined
}): string {
  return action.target === undefined ? action.type : `${action.type} on ${action.target.type} ${action.target.id}`
}

export function rowWords(row: ActionRow): string {
  return actionWords({
    type: row.type,
    target: row.targetType === undefined ? undefined : { type: row.targetType, id: row.targetId ?? '' },
  })
}

/** `(amount_minor 24000, currency EUR)`, or nothing. */
export function attributeWords(attributes: Readonly<Record<string, string | number>>): string {
  const words = Object.entries(attributes).map(([key, value]) => `${key} ${value}`)
  return words.length === 0 ? '' : ` (${words.slice(0, 6).join(', ')})`
}
