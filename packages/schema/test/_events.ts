import { eventDefinitions, EventError, type EventDefinition } from '../src/index.ts'
import { validateEvent } from '../src/validate.ts'

/** The definitions without their literal types, so that a test can walk through them. */
export const definitions: readonly EventDefinition[] = eventDefinitions

/** The definition of a type that certainly exists. */
function definitionNamed(type: string): EventDefinition {
  const found = definitions.find((definition) => definition.type === type)
  if (found === undefined) throw new Error(`No event type is called ${type}.`)
  return found
}

/** A valid event of a type, changed. */
export function eventOf(type: string, change: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { ...definitionNamed(type).example, ...change }
}

/** `accepted`, or why not. Anything but an EventError is a defect and is thrown on. */
export function verdictOn(event: unknown): { code: string; pointer: string } | 'accepted' {
  try {
    validateEvent(event)
    return 'accepted'
  } catch (error) {
    if (!(error instanceof EventError)) throw error
    return { code: error.code, pointer: error.pointer }
  }
}
