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
  /time[d -]{0,2}out|socket hang up|network error|fetch failed|premature close|connection (?:was )?(?:closed|reset|lost|aborted)|\baborted\b/i

/** How deep errors stand in one another before they are not looked at any more. */
const causesMax = 8

/** What an error says about the effect, when the integrator says nothing: time-outs, resets and aborts leave it open. */
export function judgeFailure(error: unknown): FailureVerdict {
  const chain = causesOf(error)
  if (chain.some(({ code }) => code !== undefined && certainCodes.has(code))) return 'not_applied'
  return chain.some(isOpen) ? 'unknown' : 'not_applied'
}

interface Seen {
  readonly name?: string
  readonly message?: string
  readonly code?: string
  readonly status?: number
}

function isOpen({ name, message, code, status }: Seen): boolean {
  if (code !== undefined && openCodes.has(code)) return true
  if (name !== undefined && openNames.has(name)) return true
  // What a server says after it began is no word about what it did before.
  if (status !== undefined) return status >= 500 || status === 408
  return message !== undefined && openWords.test(message)
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
    const { name, message, code, status, statusCode, cause, errors } = current as Record<string, unknown>
    found.push({
      ...(typeof name === 'string' && { name }),
      ...(typeof message === 'string' && { message }),
      ...(typeof code === 'string' && { code }),
      ...(typeof status === 'number' ? { status } : typeof statusCode === 'number' ? { status: statusCode } : {}),
    })
    if (cause !== undefined) next.push(cause)
    if (Array.isArray(errors)) next.push(...(errors as unknown[]))
  }
  return found
}
