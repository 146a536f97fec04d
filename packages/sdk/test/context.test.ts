import { context, propagation, trace, TraceFlags } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Run } from '../src/index.ts'
import { pause, useRecorder, type Story } from './_recorder.ts'

const lab = useRecorder()
const { recorder } = lab
const later = recorder.wrap(
  async (p: { n: number }) => {
    await pause(p.n % 5)
    return p.n
  },
  { action: 'number.write', effect: 'write', receipt: (n) => ({ ref: n + 1 }) },
)

const created = (story: Story): Record<string, unknown> => story.envelope('run_created')

test('a run within a run is its child, and shares its case', async () => {
  let inner: Run | undefined
  const { story } = await lab.run(
    async (run) => {
      expect(recorder.currentRun?.id).toBe(run.id)
      await recorder.run({ workflow: 'sub', trigger: 'agent' }, async (child) => {
        inner = child
        await later({ n: 1 })
      })
      await later({ n: 2 })
    },
    { correlation: 'ticket 1', session: 's1', customer: 'acme', environment: 'staging', agent: { id: 'main-agent' } },
  )
  const child = await lab.story(inner?.id ?? '')
  expect(created(child)).toMatchObject({
    parent_run_id: story.report.run.run_id,
    correlation_id: 'ticket%201',
    session_id: 's1',
    customer_id: 'acme',
    environment: 'staging',
    actor: { type: 'agent', id: 'main-agent' },
    trigger: { type: 'agent', ref: story.report.run.run_id },
  })
  expect(story.actions).toHaveLength(1)
  expect(child.actions).toHaveLength(1)
  expect(recorder.currentRun).toBeUndefined()
})

test('a sub-agent that an action starts names the intent that caused it', async () => {
  let childId = ''
  const delegate = recorder.wrap<{ task: string }, void>(
    () =>
      recorder.run({ workflow: 'sub-agent', trigger: 'agent' }, (run) => {
        childId = run.id
      }),
    { action: 'agent.delegate', effect: 'execute' },
  )
  const { story } = await lab.run(() => delegate({ task: 'x' }))
  const intent = story.timeline.find(({ event_type: type }) => type === 'tool_called')
  expect(created(await lab.story(childId))).toMatchObject({
    parent_run_id: story.report.run.run_id,
    causation_id: intent?.event_id,
  })
})

test('a hundred actions at once in one run: each whole, each once', async () => {
  const { result, story } = await lab.run(() => Promise.all(Array.from({ length: 100 }, (_, n) => later({ n }))))
  expect(result).toEqual(Array.from({ length: 100 }, (_, n) => n))
  expect(story.actions).toHaveLength(100)
  expect(new Set(story.actions.map(({ outcome }) => outcome))).toEqual(new Set(['done']))
  const refs = story.actions.map(({ external_ref: ref }) => Number(ref)).toSorted((a, b) => a - b)
  expect(refs).toEqual(Array.from({ length: 100 }, (_, n) => n + 1))
  const order = story.timeline.map(({ run_seq: seq }) => seq)
  expect(order).toEqual(Array.from({ length: order.length }, (_, n) => n))
})

test('runs beside one another keep their context', async () => {
  const ids: string[] = []
  await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      recorder.run({ workflow: `w${n}`, trigger: 'api' }, async (run) => {
        ids[n] = run.id
        await pause(n % 3)
        await Promise.all([later({ n }), recorder.run({ workflow: `inner${n}`, trigger: 'agent' }, () => later({ n }))])
        await pause(n % 2)
        expect(recorder.currentRun?.id).toBe(run.id)
        await later({ n })
      }),
    ),
  )
  for (const [n, id] of ids.entries()) {
    const { actions } = await lab.story(id)
    expect(actions.map(({ external_ref: ref }) => ref)).toEqual([`${n + 1}`, `${n + 1}`])
  }
})

test('code outside of the flow of a run can be put into it', async () => {
  const run = recorder.startRun({ workflow: 'manual', trigger: { type: 'schedule', ref: 'nightly' } })
  await run.within(() => later({ n: 3 }))
  await later({ n: 4 }, { run })
  await run.complete()
  const { actions, report } = await lab.story(run.id)
  expect(actions).toHaveLength(2)
  expect(report.run).toMatchObject({
    status: 'completed',
    outcome: 'done',
    trigger: { type: 'schedule', ref: 'nightly' },
  })
})

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`

test('a traceparent that is handed in goes on through the run, without OpenTelemetry', async () => {
  let out: string | undefined
  const call = recorder.wrap(
    (_: { a: number }, { traceparent: given }) => {
      out = given
    },
    { action: 'thing.write', effect: 'write' },
  )
  const { story } = await lab.run(() => call({ a: 1 }), { traceparent })
  const events = story.timeline.map(({ envelope }) => envelope as { trace_id?: string; span_id?: string })
  expect(new Set(events.map(({ trace_id: id }) => id))).toEqual(new Set([traceId]))
  expect(out).toBe(`00-${traceId}-${events[0]?.span_id}-01`)
  expect(events[0]?.span_id).not.toBe('00f067aa0ba902b7')
  const without = await lab.run((run) => run.traceparent)
  expect(without.result).toBeUndefined()
  expect(created(without.story)).not.toHaveProperty('trace_id')
  for (const bad of ['', 'garbage', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, `ff-${traceId}-00f067aa0ba902b7-01`]) {
    expect((await lab.run((run) => run.traceparent, { traceparent: bad })).result).toBeUndefined()
  }
})

const exporter = new InMemorySpanExporter()
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })

beforeEach(({ task }) => {
  if (!task.name.includes('with OpenTelemetry')) return
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  trace.setGlobalTracerProvider(provider)
  exporter.reset()
})
afterEach(() => {
  context.disable()
  trace.disable()
  propagation.disable()
})

test('with OpenTelemetry events carry the span that is active when they happen', async () => {
  const tracer = trace.getTracer('agent')
  const spans: string[] = []
  const { story } = await tracer.startActiveSpan('request', async (span) => {
    spans.push(span.spanContext().spanId)
    const told = await lab.run((run) =>
      tracer.startActiveSpan('tool', async (tool) => {
        spans.push(tool.spanContext().spanId)
        run.input({ prompt: 'p@1' })
        expect(run.traceparent).toBe(`00-${span.spanContext().traceId}-${tool.spanContext().spanId}-01`)
        await later({ n: 1 })
        tool.end()
      }),
    )
    span.end()
    return told
  })
  expect(created(story)).toMatchObject({ span_id: spans[0] })
  expect(story.envelope('input_resolved')).toMatchObject({ span_id: spans[1] })
  expect(story.envelope('tool_called')).toMatchObject({ span_id: spans[1] })
  expect(story.envelope('run_completed')).toMatchObject({ span_id: spans[0] })
  expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['tool', 'request'])
})

test('with OpenTelemetry spans that are started in a run continue the trace that was handed in', async () => {
  await lab.run(
    (run) => {
      expect(run.traceparent?.slice(3, 35)).toBe(traceId)
      trace.getTracer('agent').startSpan('inside').end()
    },
    { traceparent },
  )
  const [span] = exporter.getFinishedSpans()
  expect(span?.spanContext()).toMatchObject({ traceId, traceFlags: TraceFlags.SAMPLED })
  expect(span?.parentSpanContext).toMatchObject({ traceId, isRemote: true })
})
