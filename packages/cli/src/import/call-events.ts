import {
  actionFromCall,
  judgeResult,
  type ActionMap,
  type MappedAction,
  type ResultVerdict,
} from '@counterfoil/schema/action-map'
import { contentPayload, isEmptyContent, textOfContent } from './content-text.ts'
import { sha256Hex } from './digest.ts'
import { idOf } from './envelope-words.ts'
import type { EventPlace, EventWriter } from './event-writer.ts'
import { externalRefOf } from './external-ref.ts'
import { human } from './actors.ts'
import { importLimits } from './import-limits.ts'
import { Pairing, type PendingCall } from './pairing.ts'
import type { RunContext, TranscriptCall, Turn } from './turn.ts'

interface OpenCall extends PendingCall {
  readonly mapped: MappedAction
  readonly args: unknown
  readonly actor: object
  readonly tool: object
  readonly beside?: unknown
  readonly place: EventPlace
  /** Reads are no actions. */
  readonly action?: object
}

/** Writes the events of calls: what was proposed and called, and what the result shows. */
export interface CallEvents {
  readonly count: number
  readonly openCount: number
  readonly unmappedTools: Readonly<Record<string, number>>
  propose(turn: Turn & { kind: 'calls' }): void
  /** @returns false when no call waits for this result */
  answer(turn: Turn & { kind: 'result' }): boolean
  /** The transcript went on without the results of the open calls. */
  close(place: EventPlace): void
}

/**
 * Every call becomes exactly one `tool_called` or, for reads, one `retrieval_completed`. An action of class `none` or
 * of any effect is proposed, called and completed; what its result shows decides about the effect.
 */
export function createCallEvents(context: RunContext, map: ActionMap | undefined, writer: EventWriter): CallEvents {
  const pairing = new Pairing<OpenCall>()
  const unmapped = new Map<string, number>()
  let count = 0

  const modelOf = ({ by, model = context.model }: Turn & { kind: 'calls' }): object =>
    model === undefined || by === 'user' ? {} : { model: { name: model } }

  const propose = (turn: Turn & { kind: 'calls' }, call: TranscriptCall, beside: unknown): void => {
    count++
    const mapped = actionFromCall(map, call.name, call.args, sha256Hex)
    if (!mapped.mapped) unmapped.set(call.name, (unmapped.get(call.name) ?? 0) + 1)
    const callId = idOf(call.callId)
    const open = {
      callId: call.callId,
      name: call.name,
      by: turn.by,
      mapped,
      args: call.args,
      actor: turn.by === 'user' ? { actor: human } : {},
      tool: { name: idOf(call.name) ?? 'unnamed', ...(callId === undefined ? {} : { call_id: callId }) },
      place: turn,
      ...(isEmptyContent(beside) ? {} : { beside }),
    }
    if (mapped.effectClass === 'read') {
      pairing.add(open)
      return
    }
    const action = {
      id: writer.actionId(turn),
      type: mapped.type,
      effect_class: mapped.effectClass,
      ...(mapped.reversibility === undefined ? {} : { reversibility: mapped.reversibility }),
    }
    const attributes = mapped.mapped ? mapped.attributes : { unmapped_tool: open.tool.name }
    const affected = mapped.alsoAffects === undefined ? {} : { also_affects: mapped.alsoAffects }
    writer.write(turn, {
      event_type: 'decision_proposed',
      ...open.actor,
      action,
      ...targetOf(mapped),
      ...affected,
      ...(mapped.mapped ? {} : { reason_code: 'effect_unknown' }),
      ...modelOf(turn),
      tool: open.tool,
      ...(attributes === undefined ? {} : { attributes }),
      payload: { parameters: call.args ?? {}, ...besideOf(open) },
    })
    writer.write(turn, {
      event_type: 'tool_called',
      ...open.actor,
      action,
      ...targetOf(mapped),
      ...affected,
      tool: open.tool,
    })
    pairing.add({ ...open, action })
  }

  const conclude = (
    call: OpenCall,
    place: EventPlace,
    verdict: ResultVerdict | 'absent',
    answer: { payload: object; ref?: string },
  ): void => {
    const { mapped, tool, action, actor } = call
    const result = verdict === 'absent' ? 'unknown' : verdict
    const reason = verdict === 'absent' ? { reason_code: 'no_result' } : {}
    if (action === undefined) {
      writer.write(
        { ...place, ...(call.place.usage === undefined ? {} : { usage: call.place.usage }) },
        {
          event_type: 'retrieval_completed',
          ...actor,
          ...reason,
          ...targetOf(mapped),
          tool,
          sources: [sourceOf(mapped, tool)],
          result,
          payload: { parameters: call.args ?? {}, ...besideOf(call), ...answer.payload },
        },
      )
      return
    }
    const effect = { ...actor, action, ...targetOf(mapped), tool }
    if (verdict !== 'absent' || mapped.effectClass === 'none') {
      writer.write(place, {
        event_type: 'tool_completed',
        ...actor,
        ...reason,
        action,
        ...targetOf(mapped),
        tool,
        result,
        ...(didNothing(mapped, verdict) ? { effect: { status: 'not_applied' } } : {}),
        payload: { ...answer.payload },
      })
    }
    if (mapped.effectClass === 'none') return
    if (verdict === 'denied') {
      writer.write(place, {
        event_type: 'side_effect_blocked',
        ...effect,
        reason_code: 'denied',
        effect: { status: 'not_applied' },
      })
    } else if (verdict === 'success' && mapped.mapped) {
      const ref = answer.ref === undefined ? {} : { external_ref: answer.ref }
      writer.write(place, { event_type: 'side_effect_applied', ...effect, effect: { status: 'applied', ...ref } })
    } else if (!didNothing(mapped, verdict)) {
      const why = verdict === 'absent' ? 'no_result' : verdict === 'unknown' ? 'result_unknown' : 'effect_unknown'
      writer.write(place, {
        event_type: 'side_effect_unknown',
        ...effect,
        reason_code: why,
        effect: { status: 'unknown' },
      })
    }
  }

  return {
    get count() {
      return count
    },
    get openCount() {
      return pairing.openCount
    },
    get unmappedTools() {
      return Object.fromEntries(unmapped)
    },
    propose(turn) {
      // Nobody waits for so many answers; what is closed can still be answered late.
      if (pairing.openCount > importLimits.callsPerMessageMax) this.close(turn)
      turn.calls.forEach((call, index) => propose(turn, call, index === 0 ? turn.beside : undefined))
    },
    answer(turn) {
      const call = pairing.take({ callId: turn.callId, name: turn.name, by: turn.by })
      if (call === undefined) return false
      const text = textOfContent(turn.content)
      const verdict = judgeResult(
        { text, message: turn.message },
        call.mapped.rule?.result,
        map?.result,
        context.resultRules,
      )
      const ref = externalRefOf(call.mapped.rule?.receipt?.ref, text)
      const error = errorTextOf(turn.message)
      conclude(call, turn, verdict, {
        payload: { ...contentPayload(turn.content ?? ''), ...(error === undefined ? {} : { error }) },
        ...(ref === undefined ? {} : { ref }),
      })
      return true
    },
    close(place) {
      for (const call of pairing.closeAll()) conclude(call, place, 'absent', { payload: {} })
    },
  }
}

/** What a failed command did before it failed, or a tool of which nothing is known, nobody can tell; a failed write did nothing. */
function didNothing({ mapped, effectClass }: MappedAction, verdict: ResultVerdict | 'absent'): boolean {
  return verdict === 'failure' && mapped && effectClass !== 'execute' && effectClass !== 'none'
}

const targetOf = ({ target }: MappedAction): { target?: object } => (target === undefined ? {} : { target })

const besideOf = ({ beside }: { beside?: unknown }): { said?: string } => {
  const said = textOfContent(beside)
  return said === '' ? {} : { said }
}

/** What was read: the thing that the map names, else the tool itself. */
function sourceOf({ target, trust }: MappedAction, tool: object): object {
  return {
    ...(target ?? { type: 'tool', id: (tool as { name: string }).name }),
    ...(trust === undefined ? {} : { trust }),
  }
}

/** Some sources put the words of the error beside the result. */
function errorTextOf(message: unknown): string | undefined {
  if (typeof message !== 'object' || message === null || !('error' in message)) return undefined
  return typeof message.error === 'string' && message.error !== '' ? message.error : undefined
}
