import type { ActionMap } from '@counterfoil/schema/action-map'
import { human, system } from './actors.ts'
import { createCallEvents } from './call-events.ts'
import { contentPayload, isEmptyContent } from './content-text.ts'
import { digestOfValue, sha256Hex } from './digest.ts'
import { codeOf } from './envelope-words.ts'
import { createEventWriter, type EventFields } from './event-writer.ts'
import { importLimits } from './import-limits.ts'
import type { ImportItem, Rejection } from './importer.ts'
import type { RunContext, RunEnd, Turn } from './turn.ts'

/** The agent that asked a sub-agent; which one it was, the session does not say. */
const parentAgent = { type: 'agent', id: 'agent' } as const
const userTarget = { type: 'user', id: 'user' } as const

/** Collects the turns of one run and turns them into events. */
export interface RunBuilder {
  readonly runId: string
  /** Turns come in order. What happens at one never depends on a later one, so a grown file only adds. */
  add(turn: Turn): void
  skip(kind: string): void
  /** The run, its events, and what could not be paired. */
  finish(end: RunEnd | undefined, lastPosition: number): ImportItem[]
}

/** `run-` and 96 bits of the identity: the same session gives the same run, whatever its file is called. */
export function runIdOf(identity: string): string {
  return `run-${sha256Hex(`run\0${identity}`).slice(0, 24)}`
}

/** The digest that `run_created` and {@link ImportItem} carry: the content of the map without its words for people. */
export function actionMapDigest(map: ActionMap | undefined): string {
  return map === undefined
    ? 'none'
    : `sha256:${digestOfValue({ name: map.name, tools: map.tools, default: map.default, result: map.result })}`
}

export function createRunBuilder(context: RunContext, map: ActionMap | undefined): RunBuilder {
  const runId = runIdOf(context.identity)
  const writer = createEventWriter(context, runId)
  const calls = createCallEvents(context, map, writer)
  const rejections: Rejection[] = []
  const asker = context.askedBy === 'agent' ? parentAgent : human
  const skipped: Record<string, number> = {}
  /** Turns before the one that starts the run: a system prompt, a greeting. */
  let waiting: Turn[] | undefined = []
  let rejectedAt = -1

  const skip = (kind: string): void => {
    skipped[kind] = (skipped[kind] ?? 0) + 1
  }
  const reject = (turn: Turn | undefined, code: Rejection['code'], message: string): void => {
    const line = turn?.line ?? context.line
    rejections.push({ kind: 'rejected', file: context.file, ...(line === undefined ? {} : { line }), code, message })
  }

  const start = (trigger: Turn | undefined): void => {
    const before = waiting ?? []
    waiting = undefined
    // Without it, a run whose messages have no times would seem to begin at its end, which may have one.
    const stated = context.startMs === undefined ? undefined : new Date(context.startMs).toISOString()
    const at = before[0]?.at ?? trigger?.at ?? stated
    writer.write({ position: 0, ...(at === undefined ? {} : { at }) }, created(context, map, trigger))
    before.forEach(put)
  }

  const put = (turn: Turn): void => {
    const full = writer.isFull(turn)
    if (full !== undefined) {
      const place = full === 'run_too_long' ? importLimits.positionMax : turn.position
      if (rejectedAt !== place)
        reject(turn, full, `Position ${turn.position} has more than the ids of a run can count; the rest was left out.`)
      rejectedAt = place
      return
    }
    const closes =
      turn.kind === 'interrupted' ||
      isFromOutside(turn) ||
      (context.nextTurnClosesCalls && (turn.kind === 'calls' || turn.kind === 'said'))
    if (closes) calls.close(turn)
    if (turn.kind === 'prompt') writer.write(turn, prompt(turn))
    else if (turn.kind === 'input') {
      const actor = turn.by === 'system' ? system : asker
      writer.write(turn, { event_type: 'input_resolved', actor, payload: contentPayload(turn.content) })
    } else if (turn.kind === 'interrupted')
      writer.write(turn, {
        event_type: 'decision_overridden',
        actor: human,
        reason_code: 'user_interrupted',
        payload: contentPayload(turn.content),
      })
    else if (turn.kind === 'said') writeSaid(turn)
    else if (turn.kind === 'calls') {
      if (turn.calls.length > importLimits.callsPerMessageMax) {
        reject(
          turn,
          'too_many_calls',
          `${turn.calls.length} calls in one message; those after the first ${importLimits.callsPerMessageMax} were left out.`,
        )
      }
      calls.propose({ ...turn, calls: turn.calls.slice(0, importLimits.callsPerMessageMax) })
    } else if (!calls.answer(turn)) {
      reject(turn, 'result_without_call', `The result at position ${turn.position} answers no call of the run.`)
    }
  }

  const writeSaid = (turn: Turn & { kind: 'said' }): void => {
    const action = { id: writer.actionId(turn), type: 'message.send', effect_class: 'communicate' } as const
    const model = turn.model ?? context.model
    writer.write(turn, {
      event_type: 'decision_proposed',
      action,
      target: userTarget,
      ...(model === undefined ? {} : { model: { name: model } }),
      payload: { parameters: contentPayload(turn.content) },
    })
    // That a transcript goes on after a message is all it shows of the delivery; hence the grade `inferred`.
    writer.write(turn, { event_type: 'side_effect_applied', action, target: userTarget, effect: { status: 'applied' } })
  }

  return {
    runId,
    skip,
    add(turn) {
      if (waiting === undefined) put(turn)
      else if (isFromOutside(turn)) {
        start(turn)
        if (turn.kind === 'input' && isEmptyContent(turn.content)) skip('empty_message')
      } else if (turn.kind === 'calls' || (turn.kind === 'said' && context.saidStartsRun === true)) {
        start(turn)
        put(turn)
      } else waiting.push(turn)
    },
    finish(end, lastPosition) {
      if (waiting !== undefined) {
        // A source that says that the run ended has a run, even if nothing was said; otherwise it may yet begin.
        if (end === undefined) {
          reject(
            undefined,
            'no_agent_turn',
            'The transcript holds no message of a user and no call yet: there is no run.',
          )
          return rejections
        }
        start(undefined)
      }
      if (end !== undefined) {
        const place = {
          position: Math.min(lastPosition + 1, importLimits.positionMax),
          ...(end.at === undefined ? {} : { at: end.at }),
        }
        calls.close(place)
        writer.write(place, ended(end))
      }
      const { events } = writer
      return [
        {
          kind: 'run',
          runId,
          createdEventId: events[0]?.event['event_id'] as string,
          actionMap: actionMapDigest(map),
          workflow: context.workflow,
          file: context.file,
          ...(context.line === undefined ? {} : { line: context.line }),
          events: events.length,
          calls: calls.count,
          openCalls: calls.openCount,
          unmappedTools: calls.unmappedTools,
          ended: end !== undefined,
          skipped,
        },
        ...events,
        ...rejections,
      ]
    },
  }
}

/** Somebody's words to the agent. */
function isFromOutside(turn: Turn): boolean {
  return turn.kind === 'input' && turn.by !== 'system'
}

function created(context: RunContext, map: ActionMap | undefined, trigger: Turn | undefined): EventFields {
  const { model, workflowVersion, parentRunId } = context
  const content = trigger?.kind === 'input' && !isEmptyContent(trigger.content) ? trigger.content : undefined
  return {
    event_type: 'run_created',
    ...(parentRunId === undefined ? {} : { parent_run_id: parentRunId }),
    workflow: { name: context.workflow, ...(workflowVersion === undefined ? {} : { version: workflowVersion }) },
    environment: 'import',
    ...(context.customerId === undefined ? {} : { customer_id: context.customerId }),
    trigger: {
      // Who asked is only known when somebody is heard asking: a transcript may begin with the agent.
      type: trigger?.kind === 'input' || context.askedBy === 'agent' ? (context.askedBy ?? 'user') : 'unknown',
      ...(trigger?.kind === 'input' ? { ref: `message:${trigger.position}` } : {}),
    },
    ...(model === undefined ? {} : { model: { name: model } }),
    attributes: { ...context.attributes, importer: context.importer, action_map: actionMapDigest(map) },
    ...(content === undefined ? {} : { payload: contentPayload(content) }),
  }
}

function prompt(turn: Turn & { kind: 'prompt' }): EventFields {
  const version = `sha256:${typeof turn.content === 'string' ? sha256Hex(turn.content) : digestOfValue(turn.content)}`
  return {
    event_type: 'input_resolved',
    sources: [{ type: turn.role === 'demonstration' ? 'example' : 'prompt', id: turn.role, version }],
    ...(turn.role === 'policy' ? { policy_ref: `policy@${version}` } : { prompt_ref: `${turn.role}@${version}` }),
    payload: contentPayload(turn.content),
  }
}

function ended(end: RunEnd): EventFields {
  const reason = codeOf(end.reason)
  return {
    event_type: `run_${end.how}`,
    ...(end.how === 'failed' ? { failed_at: 'execution', result: 'failure' } : {}),
    ...(reason === undefined ? {} : { reason_code: reason }),
    ...(end.attributes === undefined ? {} : { attributes: end.attributes }),
  }
}
