import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

/** What stands between a recorder and its server; gives true when it has answered by itself. */
export type Mischief = (
  incoming: Pick<IncomingMessage, 'method' | 'url'>,
  outgoing: ServerResponse,
  body: string,
) => boolean

export interface Proxy extends AsyncDisposable {
  readonly url: string
  /** Every request that came, as `POST /v1/events`. */
  readonly seen: string[]
  /** What is done to requests from now on; undefined is nothing. */
  mischief: Mischief | undefined
  /** What is done to bodies on their way to the server. */
  alter: ((path: string, body: string) => string) | undefined
  /** What is done to answers of the server. */
  forge: ((path: string, answer: string) => string) | undefined
  /** Cuts every connection. */
  cut(): void
}

/** A proxy on loopback in front of a real server. */
export async function createProxy(target: string): Promise<Proxy> {
  const sockets = new Set<Socket>()
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('error', () => undefined)
    incoming.on('end', () => {
      const body = Buffer.concat(chunks)
      proxy.seen.push(`${incoming.method} ${incoming.url}`)
      if (proxy.mischief?.(incoming, outgoing, body.toString('utf8')) === true) return
      const altered = proxy.alter?.(incoming.url ?? '', body.toString('utf8'))
      pass(incoming, outgoing, altered === undefined ? body : Buffer.from(altered, 'utf8'))
    })
  })
  const pass = (incoming: IncomingMessage, outgoing: ServerResponse, body: Buffer): void => {
    const { host: _host, connection: _connection, ...sent } = incoming.headers
    const headers = { ...sent, ...(sent['content-length'] !== undefined && { 'content-length': body.length }) }
    const onward = request(new URL(incoming.url ?? '/', target), { method: incoming.method, headers }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        const { 'retry-after': after, 'content-type': type = 'application/json' } = answer.headers
        outgoing.writeHead(answer.statusCode ?? 502, { 'content-type': type, ...(after && { 'retry-after': after }) })
        outgoing.end(proxy.forge?.(incoming.url ?? '', text) ?? text)
      })
    })
    onward.on('error', () => outgoing.destroy())
    onward.end(body)
  }
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  const proxy: Proxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen: [],
    mischief: undefined,
    alter: undefined,
    forge: undefined,
    cut,
    async [Symbol.asyncDispose]() {
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return proxy
}

/** Mischief with the first `count` batches; afterwards all is well. */
export function withFirst(count: number, answer: (outgoing: ServerResponse) => void): Mischief {
  let done = 0
  return ({ url }, outgoing) => {
    if (url !== '/v1/events' || done >= count) return false
    done += 1
    answer(outgoing)
    return true
  }
}
