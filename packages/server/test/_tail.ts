import type { TestServer } from './_server.ts'

export interface TailEvent {
  readonly id: number
  readonly data: Record<string, unknown>
}

/** Reads a server-sent event stream until it has `count` events, or until it ends. */
export async function readTail(
  server: TestServer,
  target: string,
  count: number,
  options: { key?: string; lastEventId?: number; onOpen?: () => Promise<void> } = {},
): Promise<TailEvent[]> {
  const abort = new AbortController()
  const response = await fetch(`${server.url}${target}`, {
    signal: abort.signal,
    headers: {
      authorization: `Bearer ${options.key ?? server.adminKey}`,
      ...(options.lastEventId === undefined ? {} : { 'last-event-id': String(options.lastEventId) }),
    },
  })
  if (response.status !== 200 || response.body === null) throw new Error(`the stream answered ${response.status}`)
  const events: TailEvent[] = []
  let text = ''
  await options.onOpen?.()
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk
    const frames = text.split('\n\n')
    text = frames.pop() ?? ''
    for (const frame of frames) {
      const found = /^id: (\d+)\ndata: (.*)$/.exec(frame)
      if (found !== null)
        events.push({ id: Number(found[1]), data: JSON.parse(found[2] ?? '') as Record<string, unknown> })
    }
    if (events.length >= count) break
  }
  abort.abort()
  return events.slice(0, count)
}
