import { ProblemError } from './problem.ts'

/** One query parameter: how it is described, and how its text becomes a value (`undefined` refuses it). */
export interface Parameter<T> {
  readonly description: string
  /** JSON Schema, for the OpenAPI document. */
  readonly schema: Readonly<Record<string, unknown>>
  /** What the text must be, for the error message. */
  readonly expected: string
  readonly parse: (text: string) => T | undefined
}

export type Parameters = Readonly<Record<string, Parameter<unknown>>>

export type ParameterValues<P extends Parameters> = {
  readonly [K in keyof P]?: P[K] extends Parameter<infer T> ? T : never
}

export function text(description: string, charactersMax = 4_096): Parameter<string> {
  return {
    description,
    schema: { type: 'string', maxLength: charactersMax },
    expected: `text of at most ${charactersMax} characters`,
    parse: (value) => (value.length <= charactersMax ? value : undefined),
  }
}

/** A decimal without sign or leading zeros. */
export function integer(
  description: string,
  minimum = 0,
  maximum: number = Number.MAX_SAFE_INTEGER,
): Parameter<number> {
  return {
    description,
    schema: { type: 'integer', minimum, maximum },
    expected: `an integer from ${minimum} to ${maximum}`,
    parse: (value) => {
      if (!/^(0|[1-9][0-9]{0,15})$/.test(value)) return undefined
      const number = Number(value)
      return number >= minimum && number <= maximum ? number : undefined
    },
  }
}

export function flag(description: string): Parameter<boolean> {
  return {
    description,
    schema: { type: 'string', enum: ['1', '0', 'true', 'false'] },
    expected: '1 or 0',
    parse: (value) =>
      value === '1' || value === 'true' ? true : value === '0' || value === 'false' ? false : undefined,
  }
}

export function choice<const T extends string>(values: readonly T[], description: string): Parameter<T> {
  return {
    description,
    schema: { type: 'string', enum: [...values] },
    expected: values.join(' or '),
    parse: (value) => values.find((candidate) => candidate === value),
  }
}

/** Comma-separated words. */
export function words(description: string, itemsMax: number): Parameter<readonly string[]> {
  return {
    description,
    schema: { type: 'string', pattern: '^[^,]+(,[^,]+)*$', examples: ['outcome,workflow'] },
    expected: `1 to ${itemsMax} names with commas between them`,
    parse: (value) => {
      const items = value.split(',')
      return items.length <= itemsMax && items.every((item) => item !== '' && item.length <= 128) ? items : undefined
    },
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part.replaceAll('+', ' '))
  } catch (error) {
    throw new ProblemError('url_invalid', 'The query string is not valid percent-encoded UTF-8.', { cause: error })
  }
}

/**
 * Reads the query string of a request target. Strict, because a mistyped filter that is passed over would answer
 * another question than was asked.
 */
export function readParameters<P extends Parameters>(target: string, parameters: P): ParameterValues<P> {
  const start = target.indexOf('?')
  const values: Record<string, unknown> = {}
  if (start < 0) return values as ParameterValues<P>
  for (const pair of target.slice(start + 1).split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = decode(equals < 0 ? pair : pair.slice(0, equals))
    const parameter = Object.hasOwn(parameters, name) ? parameters[name] : undefined
    if (parameter === undefined) {
      const known = Object.keys(parameters).join(', ') || 'none'
      throw new ProblemError('parameter_unknown', `This route knows these parameters: ${known}.`, {
        parameter: name.slice(0, 64),
      })
    }
    if (Object.hasOwn(values, name)) {
      throw new ProblemError('parameter_repeated', `${name} may be given once.`, { parameter: name })
    }
    const value = parameter.parse(equals < 0 ? '' : decode(pair.slice(equals + 1)))
    if (value === undefined) {
      throw new ProblemError('parameter_invalid', `${name} must be ${parameter.expected}.`, { parameter: name })
    }
    values[name] = value
  }
  return values as ParameterValues<P>
}
