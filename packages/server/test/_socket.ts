import { connect, type Socket } from 'node:net'

/** A raw connection: for what no well-behaved client sends. */
export interface RawConnection extends Disposable {
  readonly socket: Socket
  send(text: string | Uint8Array): void
  /** Everything that the server sent until it closed the connection. */
  closed(): Promise<string>
}

export function openRaw(url: string): RawConnection {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  const ended = new Promise<void>((resolve) => {
    socket.once('close', () => resolve())
    socket.on('error', () => resolve())
  })
  return {
    socket,
    send: (text) => {
      socket.write(text)
    },
    closed: async () => {
      await ended
      return Buffer.concat(chunks).toString('utf8')
    },
    [Symbol.dispose]: () => {
      socket.destroy()
    },
  }
}
