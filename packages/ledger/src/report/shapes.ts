import { Type } from 'typebox'
import { grades, outcomes, questions, runStatuses } from '@counterfoil/store'

/** Wire shapes shared by several reports. JSON Schema 2020-12, so the HTTP description is made from the same text. */
export const Timestamp = Type.String({ format: 'date-time', description: 'RFC 3339, UTC, milliseconds' })
export const Index = Type.Integer({ minimum: 0, description: 'position in the log' })
export const HexHash = Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256, lower-case hex' })
export const OutcomeWord = Type.Enum([...outcomes])
export const GradeWord = Type.Enum([...grades])
export const QuestionWord = Type.Enum([...questions])
export const StatusWord = Type.Enum([...runStatuses])
export const Attributes = Type.Record(Type.String(), Type.Union([Type.String(), Type.Integer()]))
export const Evidence = Type.Object(
  { event_id: Type.String(), index: Index, event_type: Type.String() },
  { description: 'an event of the log that says so' },
)
