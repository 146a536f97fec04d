import type { TraceContext } from './trace-context.ts'

/**
 * The part of OpenTelemetry's API that is used, found where every copy of `@opentelemetry/api` 1.x registers itself, so
 * that no dependency is needed and a process without it pays nothing.
 */
interface OpenTelemetry {
  readonly context?: ContextManager
}

interface ContextManager {
  active(): Context
  with<T>(context: Context, run: () => T): T
}

interface Context {
  getValue(key: symbol): unknown
  setValue(key: symbol, value: unknown): Context
}

const apiKey = Symbol.for('opentelemetry.js.api.1')
const spanKey = Symbol.for('OpenTelemetry Context Key SPAN')

function contextManager(): ContextManager | undefined {
  return (globalThis as { [apiKey]?: OpenTelemetry })[apiKey]?.context
}

/** The span that is active now, when OpenTelemetry is there and one is. */
export function activeTrace(): TraceContext | undefined {
  const manager = contextManager()
  if (manager === undefined) return undefined
  const span = manager.active().getValue(spanKey) as
    | { spanContext?: () => { traceId: string; spanId: string; traceFlags: number } }
    | undefined
  const context = span?.spanContext?.()
  if (context === undefined || !/^[0-9a-f]{32}$/.test(context.traceId) || !/^[0-9a-f]{16}$/.test(context.spanId)) {
    return undefined
  }
  if (/^0+$/.test(context.traceId)) return undefined
  return { traceId: context.traceId, spanId: context.spanId, flags: context.traceFlags }
}

/** Runs code so that spans which it starts belong to this trace; without OpenTelemetry, simply runs it. */
export function withTrace<T>(trace: TraceContext | undefined, run: () => T): T {
  const manager = contextManager()
  if (manager === undefined || trace === undefined) return run()
  return manager.with(manager.active().setValue(spanKey, remoteSpan(trace)), run)
}

/** A span that happens elsewhere: it has a context, and records nothing. */
function remoteSpan({ traceId, spanId, flags }: TraceContext): object {
  const span = {
    spanContext: () => ({ traceId, spanId, traceFlags: flags, isRemote: true }),
    setAttribute: () => span,
    setAttributes: () => span,
    addEvent: () => span,
    addLink: () => span,
    addLinks: () => span,
    setStatus: () => span,
    updateName: () => span,
    end: () => undefined,
    isRecording: () => false,
    recordException: () => undefined,
  }
  return span
}
