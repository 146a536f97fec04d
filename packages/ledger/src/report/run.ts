import { Type, type Static } from 'typebox'
import { Attributes, Evidence, GradeWord, Index, OutcomeWord, QuestionWord, StatusWord, Timestamp } from './shapes.ts'

export const RunSummarySchema = Type.Object({
  run_id: Type.String(),
  status: StatusWord,
  outcome: OutcomeWord,
  workflow: Type.Optional(Type.Object({ name: Type.String(), version: Type.Optional(Type.String()) })),
  environment: Type.Optional(Type.String()),
  customer_id: Type.Optional(Type.String()),
  trigger: Type.Optional(Type.Object({ type: Type.String(), ref: Type.Optional(Type.String()) })),
  correlation_id: Type.String(),
  session_id: Type.Optional(Type.String()),
  parent_run_id: Type.Optional(Type.String()),
  actor: Type.Optional(Type.Object({ type: Type.String(), id: Type.String() })),
  model: Type.Optional(Type.String()),
  started_at: Timestamp,
  ended_at: Type.Optional(Timestamp),
  duration_ms: Type.Optional(Type.Integer({ minimum: 0 })),
  events: Type.Integer({ minimum: 0 }),
  actions: Type.Integer({ minimum: 0 }),
  first_index: Index,
  last_index: Index,
  grades: Type.Record(Type.String(), GradeWord, { description: 'question → grade of its answer' }),
  flags: Type.Array(Type.String()),
  attributes: Attributes,
})
/** One run in a list. */
export type RunSummary = Static<typeof RunSummarySchema>

export const AnswerSchema = Type.Object({
  question: QuestionWord,
  title: Type.String({ description: 'the question in words' }),
  grade: GradeWord,
  text: Type.String({ description: 'one or two plain sentences' }),
  quote: Type.Optional(
    Type.String({ description: "the agent's or user's own words: untrusted text, never to be rendered" }),
  ),
  evidence: Type.Array(Evidence),
})
/** One of the six answers: always there, never blank. */
export type Answer = Static<typeof AnswerSchema>

export const PayloadSchema = Type.Object({
  state: Type.Enum(['present', 'erased', 'missing', 'damaged', 'reference', 'omitted']),
  media_type: Type.Optional(Type.String()),
  size: Type.Optional(Type.Integer({ minimum: 0 })),
  commitment: Type.Optional(Type.String()),
  content: Type.Optional(
    Type.Unknown({ description: 'the redacted body; numbers that JavaScript cannot hold are strings' }),
  ),
})
export type PayloadReport = Static<typeof PayloadSchema>

export const TimelineEntrySchema = Type.Object({
  index: Index,
  event_id: Type.String(),
  event_type: Type.String(),
  run_seq: Type.Optional(Type.Integer()),
  occurred_at: Type.Optional(Timestamp),
  recorded_at: Timestamp,
  actor: Type.Optional(Type.Object({ type: Type.String(), id: Type.String() })),
  action_id: Type.Optional(Type.String()),
  grade: GradeWord,
  text: Type.String({ description: 'what this event says, in one plain sentence' }),
  envelope: Type.Unknown({ description: 'the leaf, parsed' }),
  payload: Type.Optional(PayloadSchema),
})
export type TimelineEntry = Static<typeof TimelineEntrySchema>

export const ActionReportSchema = Type.Object({
  action_id: Type.String(),
  run_id: Type.String(),
  type: Type.String(),
  effect_class: Type.String(),
  target: Type.Optional(Type.Object({ type: Type.String(), id: Type.String() })),
  tool: Type.Optional(Type.String()),
  outcome: OutcomeWord,
  edited: Type.Boolean(),
  attempts: Type.Integer({ minimum: 0 }),
  started_at: Timestamp,
  checks: Type.Array(
    Type.Object({
      name: Type.String(),
      verdict: Type.String(),
      enforced: Type.String(),
      rule: Type.Optional(Type.String()),
    }),
  ),
  approver: Type.Optional(Type.String()),
  external_ref: Type.Optional(Type.String()),
  reason_code: Type.Optional(Type.String()),
  first_index: Index,
  last_index: Index,
  flags: Type.Array(Type.String()),
  attributes: Attributes,
  parameters: Type.Optional(Type.Unknown({ description: 'as proposed, redacted; absent when erased' })),
})
export type ActionReport = Static<typeof ActionReportSchema>

export const RunReportSchema = Type.Object({
  run: RunSummarySchema,
  sentence: Type.String({ description: 'what happened, ready to paste' }),
  answers: Type.Array(AnswerSchema, { minItems: 6, maxItems: 6 }),
  actions: Type.Array(ActionReportSchema),
  timeline: Type.Array(TimelineEntrySchema),
  timeline_next: Type.Optional(Index),
  proof: Type.Object({
    origin: Type.String(),
    size: Type.Integer({ minimum: 0 }),
    checkpoint: Type.String({ description: 'C2SP signed note' }),
  }),
})
/** Everything about one run: the six answers with their grades, its actions, its timeline. */
export type RunReport = Static<typeof RunReportSchema>

const Count = Type.Object({
  count: Type.Integer({ minimum: 0 }),
  exact: Type.Boolean({ description: 'false: at least so many' }),
  bound: Type.Optional(
    Type.Enum(['rows', 'time', 'text'], {
      description:
        'why it is "at least": more than are ever counted, not all counted in time, or more texts match than are looked at',
    }),
  ),
})

export const RunPageSchema = Type.Object({
  query: Type.String({ description: 'the query in its canonical form' }),
  understood: Type.String({ description: '"Understood as …"' }),
  runs: Type.Array(RunSummarySchema),
  next: Type.Optional(Type.String({ description: 'cursor of the next page' })),
  total: Count,
  text_indexed_through: Index,
  facets: Type.Optional(
    Type.Array(
      Type.Object({
        key: Type.String(),
        counted: Type.Integer({ minimum: 0, description: 'runs that were looked at: all that match, or the newest' }),
        values: Type.Array(
          Type.Object({
            value: Type.Union([Type.String(), Type.Null()]),
            count: Type.Integer(),
            exact: Type.Boolean(),
          }),
        ),
      }),
    ),
  ),
})
export type RunPage = Static<typeof RunPageSchema>

export const ActionPageSchema = Type.Object({
  query: Type.String(),
  understood: Type.String(),
  actions: Type.Array(ActionReportSchema),
  next: Type.Optional(Type.String()),
  text_indexed_through: Index,
})
export type ActionPage = Static<typeof ActionPageSchema>
