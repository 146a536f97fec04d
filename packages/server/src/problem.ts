import { randomUUID } from 'node:crypto'
import { LedgerError, StoreError } from '@counterfoil/ledger'
import { EventError } from '@counterfoil/schema'
import { JsonError } from '@counterfoil/schema/json'
import { isProblemCode, problemTable, type ProblemCode } from './problem-table.ts'

export interface ProblemOptions extends ErrorOptions {
  readonly pointer?: string | undefined
  /** Name of the query parameter or header concerned. */
  readonly parameter?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Extension members (RFC 9457 section 3.2). */
  readonly members?: Readonly<Record<string, unknown>>
}

/** A refusal on its way to the client: a stable code, whose status and title stand in the table, and a sentence. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  readonly code: ProblemCode
  readonly options: ProblemOptions

  constructor(code: ProblemCode, detail: string, options: ProblemOptions = {}) {
    super(detail, options)
    this.code = code
    this.options = options
  }

  get status(): number {
    return problemTable[this.code].status
  }
}

/** The body of an RFC 9457 answer. */
export interface ProblemDocument {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: ProblemCode
  readonly pointer?: string
  readonly parameter?: string
  readonly instance: string
  readonly [member: string]: unknown
}

export const problemMediaType = 'application/problem+json'

/** Turns whatever was thrown into a problem. What we do not know is `internal_error`, and says nothing of itself. */
export function toProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error
  if (error instanceof EventError || error instanceof LedgerError || error instanceof JsonError) {
    return problemOf(error.code, error.message, { pointer: error.pointer, cause: error })
  }
  if (error instanceof StoreError) return problemOf(error.code, error.message, { cause: error })
  return new ProblemError('internal_error', '', { cause: error })
}

/** A problem for a code that came from below; an unknown code is a fault of ours. */
export function problemOf(code: string, detail: string, options: ProblemOptions = {}): ProblemError {
  return new ProblemError(isProblemCode(code) ? code : 'internal_error', detail, options)
}

/**
 * The document of a problem. From 500 on the detail is a fixed sentence: messages of the storage name paths and
 * states that are nobody's business but the operator's, who finds them in the log under the `instance`.
 */
export function problemDocument(problem: ProblemError): ProblemDocument {
  const { status, title, retryAfterSeconds } = problemTable[problem.code]
  const { pointer, parameter, members } = problem.options
  const detail =
    status < 500
      ? problem.message
      : retryAfterSeconds === undefined
        ? 'Nothing is acknowledged by this answer. Give the instance to whoever runs the server.'
        : `${title}. Nothing is acknowledged by this answer; try again in ${retryAfterSeconds} s.`
  return {
    ...members,
    type: `urn:counterfoil:problem:${problem.code}`,
    title,
    status,
    detail,
    code: problem.code,
    ...(pointer === undefined ? {} : { pointer }),
    ...(parameter === undefined ? {} : { parameter }),
    instance: `urn:uuid:${randomUUID()}`,
  }
}

/** The headers of a problem answer. */
export function problemHeaders(problem: ProblemError): Record<string, string> {
  const { retryAfterSeconds } = problemTable[problem.code]
  return {
    'content-type': problemMediaType,
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
    ...problem.options.headers,
  }
}
