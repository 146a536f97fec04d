import { Compile } from 'typebox/compile'
import { findQueryKey } from '../query/keys.ts'
import { ActionMapError } from './action-map-error.ts'
import { actionMapSchema, type ActionMap, type ResultRules, type ToolRule } from './definition.ts'

let compiled: ReturnType<typeof Compile<typeof actionMapSchema>> | undefined

/**
 * Checks an action map.
 *
 * @param value the parsed JSON of the file
 * @throws ActionMapError with the pointer of the first offending field; unknown keys are errors too
 */
export function parseActionMap(value: unknown): ActionMap {
  // Compiling takes milliseconds, so it happens at the first use and not at import.
  compiled ??= Compile(actionMapSchema)
  if (!compiled.Check(value)) throw explain(compiled.Errors(value))
  checkPatterns(value.result, '/result')
  checkPatterns(value.default?.result, '/default/result')
  checkAttributes(value.default, '/default')
  for (const [name, rule] of Object.entries(value.tools)) {
    checkPatterns(rule.result, `/tools/${escapeToken(name)}/result`)
    checkAttributes(rule, `/tools/${escapeToken(name)}`)
  }
  return value
}

/** As {@link parseActionMap}, from the text of the file. */
export function parseActionMapText(text: string): ActionMap {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new ActionMapError('action_map_json_invalid', '', `The action map is not JSON: ${(cause as Error).message}`, {
      cause,
    })
  }
  return parseActionMap(value)
}

interface SchemaError {
  readonly keyword: string
  readonly instancePath: string
  readonly params: object
  readonly message: string
}

function explain(errors: readonly SchemaError[]): ActionMapError {
  const unknown = errors.find((error) => error.keyword === 'boolean')
  // Inside a union every branch complains; the deepest place is where the author's eye should go.
  const rest = errors.filter((error) => error.keyword !== 'boolean' && error.keyword !== 'additionalProperties')
  const inUnion = errors.some((error) => error.keyword === 'anyOf')
  if (
    unknown !== undefined &&
    !(
      inUnion &&
      rest.some((error) => error.keyword !== 'anyOf' && error.keyword !== 'required' && error.keyword !== 'type')
    )
  ) {
    return new ActionMapError('action_map_field_unknown', unknown.instancePath, 'An action map has no such field.')
  }
  const [first] = rest
  if (first === undefined) return new ActionMapError('action_map_field_invalid', '', 'This is not an action map.')
  if (first.keyword === 'required') {
    const missing = (first.params as { requiredProperties?: string[] }).requiredProperties?.[0] ?? ''
    return new ActionMapError(
      'action_map_field_missing',
      `${first.instancePath}/${escapeToken(missing)}`,
      `${missing} is missing.`,
    )
  }
  return new ActionMapError(
    'action_map_field_invalid',
    first.instancePath,
    `The value is not valid here: it ${first.message}.`,
  )
}

/** `target:W1001` must go on meaning the target: an attribute may not take the name of a query key. */
function checkAttributes(rule: ToolRule | undefined, at: string): void {
  for (const name of Object.keys(rule?.attributes ?? {})) {
    if (findQueryKey(name) === undefined) continue
    throw new ActionMapError(
      'action_map_field_invalid',
      `${at}/attributes/${name}`,
      `${name} is a key of the query language; give the attribute another name.`,
    )
  }
}

function checkPatterns(rules: ResultRules | undefined, at: string): void {
  for (const [kind, list] of Object.entries(rules ?? {})) {
    for (const [position, condition] of list.entries()) {
      if (!('text_pattern' in condition)) continue
      try {
        ''.search(new RegExp(condition.text_pattern, 'u'))
      } catch (cause) {
        throw new ActionMapError(
          'action_map_pattern_invalid',
          `${at}/${kind}/${position}/text_pattern`,
          `Not a regular expression: ${(cause as Error).message}`,
          { cause },
        )
      }
    }
  }
}

const escapeToken = (token: string): string => token.replaceAll('~', '~0').replaceAll('/', '~1')
