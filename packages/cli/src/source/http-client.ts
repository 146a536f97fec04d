import { CliError } from '../cli-error.ts'

/** What a problem answer (RFC 9457) tells. */
interface ProblemBody {
  readonly code?: unknown
  readonly detail?: unknown
  readonly title?: unknown
  readonly problems?: unknown
}

export interface HttpRequest {
  readonly method?: 'GET' | 'POST' | 'DELETE'
  readonly query?: Readonly<Record<string, string | undefined>>
  readonly body?: { readonly mediaType: string; readonly text: string }
  readonly signal?: AbortSignal
  readonly headers?: Readonly<Record<string, string>>
  /** Statuses from 400 on whose body the caller reads itself. */
  readonly expected?: readonly number[]
}

const triesMax = 6
const waitSecondsMax = 10

/** Requests to one server with one key. The key goes nowhere else: redirects are refused. */
export class HttpClient {
  readonly base: URL
  readonly #key: string

  constructor(base: URL, key: string) {
    this.base = base
    this.#key = key
  }

  async json<T>(path: string, request: HttpRequest = {}): Promise<T> {
    const response = await this.send(path, request)
    const text = await response.text()
    try {
      return (text === '' ? undefined : JSON.parse(text)) as T
    } catch (error) {
      throw new CliError('answer_invalid', `${this.base.host} answered with something that is no JSON.`, {
        cause: error,
        advice: 'Is this the address of a Counterfoil server?',
      })
    }
  }

  /** Sends, and again when the server asks for it (503 with Retry-After): every request of ours may be repeated. */
  async send(path: string, request: HttpRequest = {}): Promise<Response> {
    for (let tries = 1; ; tries++) {
      const response = await this.#once(path, request)
      if (response.ok || request.expected?.includes(response.status) === true) return response
      const problem = (await response.json().catch(() => ({}))) as ProblemBody
      const waitSeconds = Number(response.headers.get('retry-after'))
      if (response.status !== 503 || !(waitSeconds > 0) || tries >= triesMax || waitSeconds > waitSecondsMax) {
        throw problemError(problem, response.status, this.base)
      }
      await new Promise((resolve) => setTimeout(resolve, waitSeconds * 1_000))
    }
  }

  async #once(path: string, request: HttpRequest): Promise<Response> {
    const url = new URL(path.replace(/^\//, ''), this.base)
    for (const [name, value] of Object.entries(request.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, value)
    }
    try {
      return await fetch(url, {
        method: request.method ?? 'GET',
        headers: {
          authorization: `Bearer ${this.#key}`,
          ...(request.body !== undefined && { 'content-type': request.body.mediaType }),
          ...request.headers,
        },
        redirect: 'error',
        ...(request.body !== undefined && { body: request.body.text }),
        ...(request.signal !== undefined && { signal: request.signal }),
      })
    } catch (error) {
      if (request.signal?.aborted === true) throw error
      throw new CliError('server_unreachable', `No answer from ${this.base.origin} (${reason(error)}).`, {
        cause: error,
        advice: 'Is it running? Start one with: counterfoil serve',
      })
    }
  }
}

function reason(error: unknown): string {
  const { cause, message } = error as { cause?: { code?: string; message?: string }; message: string }
  return cause?.code ?? cause?.message ?? message
}

function problemError(problem: ProblemBody, status: number, base: URL): CliError {
  if (typeof problem.code !== 'string') {
    return new CliError('answer_invalid', `${base.host} answered ${status}, and not as a Counterfoil server does.`)
  }
  const message = [problem.detail, problem.title, problem.code].find((text) => typeof text === 'string') ?? ''
  return new CliError(problem.code, message, { cause: problem })
}
