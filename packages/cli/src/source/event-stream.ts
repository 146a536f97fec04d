/** One message of a stream of server-sent events. */
export interface StreamMessage {
  readonly id: string
  readonly data: string
}

const lineCharactersMax = 1024 * 1024

/** Reads `text/event-stream`; comments and fields that we do not use are skipped. */
export async function* readEventStream(body: AsyncIterable<Uint8Array>): AsyncIterable<StreamMessage> {
  const decoder = new TextDecoder()
  let rest = ''
  let id = ''
  let data: string[] = []
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r\n|\n|\r/)
    rest = lines.pop() ?? ''
    if (rest.length > lineCharactersMax) throw new RangeError('a line of the stream is too long')
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) yield { id, data: data.join('\n') }
        data = []
      } else if (line.startsWith('id:')) id = line.slice(3).trimStart()
      else if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''))
    }
  }
}
