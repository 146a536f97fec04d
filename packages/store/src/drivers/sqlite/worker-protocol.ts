import type { AppendRequest } from '../../prepared-event.ts'
import type { EraseRequest, StopRequest } from '../../event-store.ts'
import type { StoreErrorCode } from '../../errors.ts'
import { StoreError } from '../../errors.ts'

/** Where the files of one log lie; plain data, so that it crosses to a worker. */
export interface LogPaths {
  readonly log: string
  readonly id: string
  readonly origin: string
  readonly vkey: string
  readonly data: string
  readonly folder: string
  readonly state: string
}

/** What the writer's thread is asked for. */
export type WriterCall =
  | { readonly op: 'open'; readonly log: LogPaths }
  | { readonly op: 'append'; readonly log: string; readonly request: AppendRequest }
  | { readonly op: 'erase'; readonly log: string; readonly request: EraseRequest }
  | { readonly op: 'stop'; readonly log: string; readonly request: StopRequest }
  | { readonly op: 'rebuild'; readonly log: string }
  | { readonly op: 'text_erased'; readonly log: string; readonly indexes: readonly number[] }
  | { readonly op: 'witness'; readonly log: string; readonly checkpoint: string }
  | { readonly op: 'close' }

/** Answers of a worker: a result or an error for call `id`, or news. */
export type WorkerMessage =
  | { readonly kind: 'result'; readonly id: number; readonly value: unknown }
  | {
      readonly kind: 'error'
      readonly id: number
      readonly code: StoreErrorCode | undefined
      readonly message: string
      readonly stack: string | undefined
    }
  | { readonly kind: 'committed'; readonly log: string; readonly size: number }
  | { readonly kind: 'progress'; readonly id: number; readonly done: number; readonly total: number }
  | { readonly kind: 'text_erased'; readonly log: string; readonly indexes: readonly number[] }

export function errorMessage(id: number, error: unknown): WorkerMessage {
  const known = error instanceof Error ? error : new Error(String(error))
  return {
    kind: 'error',
    id,
    code: known instanceof StoreError ? known.code : undefined,
    message: known.message,
    stack: known.stack,
  }
}

/** The error that a worker reported, as it would have been thrown here. */
export function errorOf(message: Extract<WorkerMessage, { kind: 'error' }>): Error {
  const error = message.code === undefined ? new Error(message.message) : new StoreError(message.code, message.message)
  if (message.stack !== undefined) error.stack = message.stack
  return error
}
