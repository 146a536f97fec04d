import type { ActionRow } from '@counterfoil/store'

/** `3 actions`, `1 action`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}

const shownMax = 5

type Counted = readonly (readonly [word: string, count: number])[]

/** At most five of them, each with how often it was said: `a ×3, b and 7 more`. */
export function listed(words: Counted, beyond = 0): string {
  const more = words.length + Number(beyond > 0) > shownMax
  const shown = (more ? words.slice(0, shownMax - 1) : words).map(([word, count]) =>
    count === 1 ? word : `${word} ×${count}`,
  )
  const rest = words.slice(shown.length).reduce((sum, [, count]) => sum + count, beyond)
  if (rest > 0) return `${shown.join(', ')} and ${rest} more`
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`
}

/** At most five of them, each once: which they are matters, and not how often. */
export function named(words: Counted, beyond = 0): string {
  return listed(
    words.map(([word]) => [word, 1]),
    beyond,
  )
}

/** Equal words together, in the order in which they came first. */
export function grouped(words: readonly string[]): Counted {
  return [...Map.groupBy(words, (word) => word)].map(([word, all]) => [word, all.length])
}

/** `refund.create on order W1001`. */
export function actionWords(action: {
  readonly type: string
  readonly target?: { readonly type: string; readonly id: string } | undefined
}): string {
  if (action.target === undefined) return action.type
  // What is done to the person on the other side is said to them.
  if (action.target.type === 'user' && action.target.id === 'user') return `${action.type} to the user`
  return `${action.type} on ${action.target.type} ${action.target.id}`
}

/** Whether a person did it and not the agent. */
export function isByPerson(row: ActionRow): boolean {
  return row.actorType === 'human'
}

/** `refund.create on order W1001`, and by whom when that was not the agent. */
export function rowWords(row: ActionRow): string {
  const words = actionWords({
    type: row.type,
    target: row.targetType === undefined ? undefined : { type: row.targetType, id: row.targetId ?? '' },
  })
  if (row.actorType === undefined || row.actorType === 'agent') return words
  return `${words} by ${personWords(row.actorId ?? '')}`
}

/** Importers know the other side of a conversation as `user`, and no more of it. */
export function personWords(id: string): string {
  return id === 'user' ? 'the user' : id
}

/** `(amount_minor 24000, currency EUR)`, or nothing. */
export function attributeWords(attributes: Readonly<Record<string, string | number>>): string {
  // The name of a tool that no rule covers stands in the type of its action already.
  const words = Object.entries(attributes)
    .filter(([key]) => key !== 'unmapped_tool')
    .map(([key, value]) => `${key} ${value}`)
  return words.length === 0 ? '' : ` (${words.slice(0, 6).join(', ')})`
}

/** `order W1001 (version 7)`. */
export function sourceWords(source: { readonly type: string; readonly id: string; readonly version?: string }): string {
  return `${source.type} ${source.id}${source.version === undefined ? '' : ` (version ${source.version})`}`
}

/** The reason code of a `decision_overridden` by which a person stopped what the agent was doing. */
export const interruption = 'user_interrupted'
