/** What a producer needs to name things by this contract, without the definitions of events and what they pull in. */
export { idOfValue, type DigestText } from './action-map/id-of-value.ts'
export { reservedAttributeNames } from './attribute-names.ts'
export { createEventId } from './event-id.ts'
export { limits } from './limits.ts'
