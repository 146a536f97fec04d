/** A piece of SQL with the values of its `?`, in order. Values never stand in the text. */
export interface Sql {
  readonly text: string
  readonly parameters: readonly (string | number)[]
}

export function sql(text: string, ...parameters: readonly (string | number)[]): Sql {
  return { text, parameters }
}

export const always: Sql = sql('1')
export const never: Sql = sql('0')

export function every(parts: readonly Sql[]): Sql {
  return join(parts, always, never, ' AND ')
}

export function some(parts: readonly Sql[]): Sql {
  return join(parts, never, always, ' OR ')
}

function join(parts: readonly Sql[], neutral: Sql, absorbing: Sql, operator: string): Sql {
  if (parts.includes(absorbing)) return absorbing
  const rest = parts.filter((part) => part !== neutral)
  const [only] = rest
  if (only === undefined) return neutral
  if (rest.length === 1) return only
  return {
    text: `(${rest.map((part) => part.text).join(operator)})`,
    parameters: rest.flatMap((part) => part.parameters),
  }
}

/** What is unknown (a comparison with NULL) is not true, so its opposite is. */
export function negate(part: Sql): Sql {
  if (part === always) return never
  if (part === never) return always
  return { text: `((${part.text}) IS NOT TRUE)`, parameters: part.parameters }
}

/** Puts pieces into a text at its `{}`, in order. */
export function compose(text: string, ...pieces: readonly Sql[]): Sql {
  let at = 0
  const composed = text.replaceAll('{}', () => pieces[at++]?.text ?? '')
  return { text: composed, parameters: pieces.flatMap((piece) => piece.parameters) }
}
