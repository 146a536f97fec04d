import { hash } from 'node:crypto'
import { join } from 'node:path'
import { createEventId } from '@counterfoil/schema'
import { ControlFile } from '../src/drivers/sqlite/control-file.ts'
import { LogFile } from '../src/drivers/sqlite/log-file.ts'
import { unpackResult } from '../src/drivers/sqlite/packed-results.ts'
import type { AppendResult } from '../src/event-store.ts'
import { readLogKeys } from '../src/key-files.ts'
import { packRequest, type PackedRequest } from '../src/drivers/sqlite/packed-events.ts'
import type { AppendContext, PreparedEvent } from '../src/prepared-event.ts'
import type { LedgerFolder } from './ledger-folder.ts'

const context: AppendContext = { keyId: 'local', assurance: 'authenticated', role: 'run' }

/** Opens the writer of the first log without its threads: what it did is done when it returns. */
export function openLogFile(
  folder: LedgerFolder,
  options: { data?: string; state?: string; nowMs?: () => number } = {},
): LogFile {
  const data = options.data ?? folder.data
  using control = new ControlFile(join(data, 'control.db'), { readOnly: true })
  const [info] = control.logs()
  if (info === undefined) throw new Error('no log')
  const { signer, vaultKey } = readLogKeys({ ...info, data }, {})
  return new LogFile({
    path: join(data, 'logs', info.id, 'log.db'),
    data,
    origin: info.origin,
    signer,
    vaultKey,
    state: options.state ?? folder.state,
    ...(options.nowMs !== undefined && { nowMs: options.nowMs }),
  })
}

/** An event without a run, ready for the writer. */
export function preparedEvent(payload?: string): PreparedEvent {
  const envelope = JSON.stringify({
    schema_version: '1.0',
    event_id: createEventId(),
    event_type: 'effect_observed',
    target: { type: 'order', id: 'W1' },
    effect: { status: 'applied', source: 'webhook' },
  })
  return {
    envelope,
    ...(payload !== undefined && { payload: JSON.stringify({ payload }) }),
    redactions: [],
    sentDigest: hash('sha256', `${envelope}${payload ?? ''}`),
  }
}

export function requestOf(...events: readonly PreparedEvent[]): PackedRequest {
  return packRequest({ events, context })
}

/** A batch of `count` events, every other one with a payload. */
export function batchOf(count: number): PackedRequest {
  return requestOf(
    ...Array.from({ length: count }, (_, at) => preparedEvent(at % 2 === 0 ? `payload ${at} `.repeat(20) : undefined)),
  )
}

/** Commits batches together and returns what each was answered. */
export function commitTo(file: LogFile, ...requests: readonly PackedRequest[]): AppendResult[] {
  return file.commit(requests).map(unpackResult)
}
