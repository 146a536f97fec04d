import type { JsonInput } from '../outbox/json-input.ts'
import { issuePointer, type StandardSchema } from '../standard-schema.ts'
import { messageOf } from '../wire/error-body.ts'
import { equalJson, freezeDeep, frozenJson, JsonLoss, requireClonable } from '../wire/plain-json.ts'
import { shownJson } from '../wire/shown-json.ts'
import { limits } from '@counterfoil/schema/ids'

/** Parameters that fit, frozen: `value` is what functions get, `json` what is recorded, approved and compared. */
export interface Prepared {
  readonly value: unknown
  readonly json: JsonInput
  /** As the caller gave them, where the schema made something else of them. */
  readonly given?: JsonInput
}

/** Parameters that do not fit, as far as they can be shown. */
export interface Unfit {
  readonly issues: readonly { readonly pointer: string; readonly message: string }[]
  readonly json: JsonInput
}

/** What is left of the limit of a payload for the words around the parameters. */
const parameterCharactersMax = limits.payloadBytesMax / 4

/** A copy that the caller cannot change any more, made before anything else happens. */
export function snapshot(parameters: unknown): { readonly copy: unknown } | Unfit {
  try {
    requireClonable(parameters)
    return { copy: structuredClone(parameters) }
  } catch (error) {
    return { issues: [issueOf(error)], json: shownJson(parameters) }
  }
}

/** Lets the schema judge a copy of the parameters, which belongs to this call alone. */
export async function prepareParameters(copy: unknown, schema: StandardSchema | undefined): Promise<Prepared | Unfit> {
  let given: JsonInput | undefined
  try {
    given = frozenJson(copy)
  } catch (error) {
    // A date, a set: the schema may make JSON of it. Whether it did is seen below.
    if (!(error instanceof JsonLoss)) throw error
  }
  try {
    const result = schema === undefined ? { value: copy } : await schema['~standard'].validate(copy)
    if (result.issues !== undefined) {
      const issues = result.issues
        .slice(0, 20)
        .map((issue) => ({ pointer: issuePointer(issue), message: issue.message }))
      return { issues, json: given ?? shownJson(copy) }
    }
    const value = freezeDeep(result.value)
    const json = frozenJson(value)
    if (JSON.stringify(json).length > parameterCharactersMax) {
      return {
        issues: [{ pointer: '', message: 'The parameters are too large to be recorded.' }],
        json: shownJson(json),
      }
    }
    return { value, json, ...(given !== undefined && !equalJson(given, json) && { given }) }
  } catch (error) {
    return { issues: [issueOf(error)], json: given ?? shownJson(copy) }
  }
}

function issueOf(error: unknown): Unfit['issues'][number] {
  return error instanceof JsonLoss
    ? { pointer: error.pointer, message: `JSON cannot hold ${error.message}.` }
    : { pointer: '', message: messageOf(error) }
}
