import type { FailureVerdict } from './declaration.ts'

/** The request did not get there, or was refused: nothing happened. */
const certainCodes = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
])

/** The request may have got there, and the answer was lost. */
const openCodes = new Set([
  'ETIMEDOUT',
  'ESOCKETTIMEDOUT',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ABORT_ERR',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_SOCKET',
  'UND_ERR_ABORTED',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_HTTP2_STREAM_ERROR',
  'ERR_NETWORK',
])

const openNames = new Set(['AbortError', 'TimeoutError'])
const openWords =
  /time[d -]{0,2}out|deadline.exceeded|socket hang up|network error|fetch failed|premature close|connection (?:\S+ ){0,5}?(?:closed|reset|lost|aborted|terminated)|\baborted\b/i

/** Of gRPC, which has numbers for codes: cancelled, unknown, deadline exceeded, aborted, internal, unavailable, data loss. */
const openGrpcCodes = new Set([1, 2, 4, 10, 13, 14, 15])

/** How deep errors stand in one another before they are not looked at any more. */
const causesMax = 8

/**
 * What an error says about the effect, when the integrator says nothing: time-outs, resets, aborts, answers of 5xx and
 * answers that cannot be read leave it open. Where several errors are told of, one that leaves it open decides.
 */
export function judgeFailure(error: unknown): FailureVerdict {
  const chain = causesOf(error)
  if (chain.some(isOpen)) return 'unknown'
  if (chain.some(({ code }) => code !== undefined && certainCodes.has(code))) return 'not_applied'
  return chain.some(saysItIsOpen) ? 'unknown' : 'not_applied'
}

/** Words count where there is no code that says more. */
function saysItIsOpen({ status, grpcCode, message = '' }: Seen): boolean {
  return status === undefined && grpcCode === undefined && openWords.test(message)
}

interface Seen {
  readonly name?: string
  readonly message?: string
  readonly code?: string
  readonly grpcCode?: number
  readonly status?: number
}

function isOpen({ name, message = '', code, grpcCode, status }: Seen): boolean {
  if (code !== undefined && openCodes.has(code)) return true
  if (name !== undefined && openNames.has(name)) return true
  if (grpcCode !== undefined) return openGrpcCodes.has(grpcCode)
  // What a server says after it began is no word about what it did before.
  if (status !== undefined) return status >= 500 || status === 408
  // The answer came, and was none: what it was an answer to has been sent.
  return name === 'SyntaxError' && /JSON/.test(message)
}

/** An error and what stands behind it. */
function causesOf(error: unknown): Seen[] {
  const found: Seen[] = []
  let next: unknown[] = [error]
  while (next.length > 0 && found.length < causesMax) {
    const [current, ...rest] = next
    next = rest
    if (typeof current === 'string') found.push({ message: current })
    if (typeof current !== 'object' || current === null) continue
    const { name, message, code, cause, errors } = current as Record<string, unknown>
    const status = statusOf(current)
    const isGrpc = typeof code === 'number' && 'details' in current && 'metadata' in current
    found.push({
      ...(typeof name === 'string' && { name }),
      ...(typeof message === 'string' && { message }),
      ...(typeof code === 'string' && { code }),
      ...(isGrpc && { grpcCode: code }),
      ...(status !== undefined && { status }),
    })
    if (cause !== undefined) next.push(cause)
    if (Array.isArray(errors)) next.push(...(errors as unknown[]))
  }
  return found
}

/** The HTTP status of an error: its own, that of the answer that it carries, or that of an AWS client's metadata. */
function statusOf(error: object): number | undefined {
  const { response, $metadata: metadata } = error as { response?: unknown; $metadata?: unknown }
  for (const place of [error, response, metadata]) {
    if (typeof place !== 'object' || place === null) continue
    const { status, statusCode, httpStatusCode } = place as Record<string, unknown>
    const found = [status, statusCode, httpStatusCode].find((value) => typeof value === 'number')
    if (found !== undefined) return found
  }
  return undefined
}
