export { limits } from './limits.ts'
export { EventError, eventErrorCodes, type EventErrorCode } from './errors.ts'
export {
  effectClasses,
  producerFields,
  results,
  serverFields,
  sharedOptionalFields,
  type ProducerField,
  type ServerField,
} from './fields.ts'
export type { EventDefinition, EventGroup, EventOf, EventWriter } from './define-event.ts'
export { eventDefinitions, reservedTypes, type EventType } from './events/index.ts'
export { createEventId } from './event-id.ts'
export { bodyFields, eventJsonSchema, type EventForm } from './json-schema.ts'
export { orderEnvelope } from './order.ts'
export { isCalendarTime, timestampMs } from './time.ts'
