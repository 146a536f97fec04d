import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { Checkpoint } from '../witness/checkpoint.ts'
import { readBatchReport, readIdentity, readPath } from './answers.ts'
import { destinationName } from './destination-name.ts'
import { TransportError, type BatchReport, type LogIdentity, type Transport } from './transport.ts'

export interface HttpTransportOptions {
  readonly url: string
  readonly key: string
  /** How long one request may take. */
  readonly requestTimeoutMs?: number
}

interface Answer {
  readonly status: number
  readonly body: string
  readonly retryAfterMs: number | undefined
}

const answerBytesMax = 16 * 1024 * 1024
/** Whoever asks us to wait longer than this is asked again. */
const retryAfterMsMax = 5 * 60_000
const requestTimeoutMsDefault = 30_000

/** A log behind a server. One connection is kept open; it never keeps the process alive by itself. */
export class HttpTransport implements Transport {
  readonly place: string
  readonly destination: string
  readonly isLocal = false
  connections = 0
  readonly #base: URL
  readonly #key: string
  readonly #timeoutMs: number
  readonly #agent: HttpAgent | HttpsAgent

  constructor({ url, key, requestTimeoutMs }: HttpTransportOptions) {
    this.place = url.replace(/\/+$/, '')
    this.destination = destinationName(this.place, key)
    this.#base = new URL(`${this.place}/`)
    this.#key = key
    this.#timeoutMs = requestTimeoutMs ?? requestTimeoutMsDefault
    const options = { keepAlive: true, maxSockets: 1, maxFreeSockets: 1 }
    this.#agent = this.#base.protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options)
  }

  async identify(): Promise<LogIdentity> {
    return readIdentity(this.#json(await this.#call('GET', 'v1/log')))
  }

  async send(events: readonly string[]): Promise<BatchReport> {
    const answer = await this.#call('POST', 'v1/events', {
      type: 'application/x-ndjson',
      text: `${events.join('\n')}\n`,
      headers: { 'counterfoil-sent-at': new Date().toISOString() },
    })
    return readBatchReport(this.#json(answer), events.length)
  }

  async present(checkpoint: string): Promise<void> {
    await this.#call('POST', 'v1/log/checkpoint', { type: 'text/plain', text: checkpoint })
  }

  async proveConsistency(from: Checkpoint, to: Checkpoint): Promise<readonly string[]> {
    return readPath(this.#json(await this.#call('GET', `v1/log/proof/consistency?from=${from.size}&to=${to.size}`)))
  }

  close(): Promise<void> {
    this.#agent.destroy()
    return Promise.resolve()
  }

  #json(answer: Answer): unknown {
    try {
      return JSON.parse(answer.body)
    } catch (error) {
      throw new TransportError('retry', 'answer_invalid', `${this.place} answered something that is no JSON.`, {
        cause: error,
      })
    }
  }

  async #call(
    method: 'GET' | 'POST',
    path: string,
    body?: { type: string; text: string; headers?: Record<string, string> },
  ): Promise<Answer> {
    const answer = await this.#request(method, path, body)
    if (answer.status === 200) return answer
    const code = problemCode(answer.body)
    // Nothing of the batch was stored, each event for a reason of its own: that is an answer.
    if (answer.status === 422 && code === 'batch_rejected') return answer
    const said = `${this.place} answered ${answer.status}${code === undefined ? '' : ` ${code}`} to ${method} /${path.split('?')[0]}.`
    const { retryAfterMs } = answer
    if (answer.status === 401 || answer.status === 403) {
      throw new TransportError('key', code ?? 'key_refused', said, { retryAfterMs })
    }
    // Only the log itself refuses for good, and it says by which code. Anything else may be a proxy on a bad day.
    const isFinal = answer.status === 413 || ([400, 409, 422].includes(answer.status) && code !== undefined)
    throw new TransportError(isFinal ? 'batch' : 'retry', code ?? 'answer_invalid', said, { retryAfterMs })
  }

  #request(
    method: string,
    path: string,
    body: { type: string; text: string; headers?: Record<string, string> } | undefined,
  ): Promise<Answer> {
    const url = new URL(path, this.#base)
    const bytes = body === undefined ? undefined : Buffer.from(body.text, 'utf8')
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest
    return new Promise((resolve, reject) => {
      const fail = (error: unknown): void =>
        reject(
          error instanceof TransportError
            ? error
            : new TransportError('retry', 'log_unreachable', `${this.place} does not answer (${messageOf(error)}).`, {
                cause: error,
              }),
        )
      const outgoing = send(
        url,
        {
          method,
          agent: this.#agent,
          headers: {
            authorization: `Bearer ${this.#key}`,
            ...(body && bytes && { 'content-type': body.type, 'content-length': bytes.length, ...body.headers }),
          },
        },
        (incoming) => void readAnswer(incoming).then(resolve, fail),
      )
      // All of it, not only silence: a server that sends a byte now and then must not hold us.
      const timer = setTimeout(() => {
        const late = new TransportError(
          'retry',
          'log_unreachable',
          `${this.place} took longer than ${this.#timeoutMs} ms.`,
        )
        fail(late)
        outgoing.destroy(late)
      }, this.#timeoutMs)
      timer.unref()
      // Whoever waits for an answer keeps the process; we alone do not.
      outgoing.on('socket', (socket) => {
        socket.unref()
        if (!outgoing.reusedSocket) this.connections += 1
      })
      outgoing.on('close', () => clearTimeout(timer))
      outgoing.on('error', fail)
      outgoing.end(bytes)
    })
  }
}

async function readAnswer(incoming: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > answerBytesMax) {
      incoming.destroy()
      throw new TransportError('retry', 'answer_invalid', 'The answer is longer than any answer of a log.')
    }
    chunks.push(chunk)
  }
  if (!incoming.complete) throw new Error('the answer was cut off')
  const after = incoming.headers['retry-after']
  return {
    status: incoming.statusCode ?? 0,
    body: Buffer.concat(chunks).toString('utf8'),
    retryAfterMs: readRetryAfter(after),
  }
}

function readRetryAfter(after: string | undefined): number | undefined {
  if (after === undefined || !/^\d{1,9}$/.test(after)) return undefined
  return Math.min(Number(after) * 1_000, retryAfterMsMax)
}

function problemCode(body: string): string | undefined {
  try {
    const { code } = JSON.parse(body) as { code?: unknown }
    return typeof code === 'string' && /^[a-z_]{1,64}$/.test(code) ? code : undefined
  } catch {
    return undefined
  }
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // Node gives several attempts one empty message.
  return error.message === '' && 'code' in error ? String(error.code) : error.message
}
