import { RecorderError } from '../errors.ts'
import type { Destination, RecorderOptions } from '../recorder-options.ts'
import { createDirectOutbox } from './direct-outbox.ts'
import type { Outbox, OutboxProblem } from './outbox.ts'

/** The outbox that a recorder's options ask for. */
export function openOutbox(
  destination: Destination,
  _options: RecorderOptions,
  onProblem: (problem: OutboxProblem) => void,
): Outbox {
  if (destination.kind === 'embedded') return createDirectOutbox(destination.data, onProblem)
  throw new RecorderError('options_invalid', 'A server cannot be reached yet.')
}
