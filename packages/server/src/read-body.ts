import type { IncomingMessage } from 'node:http'
import { createGunzip } from 'node:zlib'
import type { BodyShare } from './body-budget.ts'
import { ProblemError } from './problem.ts'

export interface ReadBodyOptions {
  readonly bytesMax: number
  readonly share: BodyShare
}

/**
 * Reads a request body as bytes; gzip is undone while it arrives. Stops at the first byte beyond the limit, before or
 * after decompression, so that a zip bomb costs no more than an honest body.
 */
export async function readBody(incoming: IncomingMessage, options: ReadBodyOptions): Promise<Uint8Array> {
  // A connection that ended while the key was checked has no more events to listen for.
  if (incoming.destroyed) throw cutOff()
  const declared = Number(incoming.headers['content-length'] ?? 0)
  if (declared > options.bytesMax) throw tooLarge(options.bytesMax)
  const coding = incoming.headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
  if (coding === 'identity' || coding === '') return collect(incoming, options)
  if (coding !== 'gzip' && coding !== 'x-gzip') {
    throw new ProblemError('encoding_unsupported', 'Content-Encoding may be gzip or absent.', {
      parameter: 'content-encoding',
      headers: { 'accept-encoding': 'gzip' },
    })
  }
  const gunzip = createGunzip({ chunkSize: 64 * 1024 })
  let received = 0
  const inflate = (chunk: Buffer): void => {
    received += chunk.length
    if (received > options.bytesMax) gunzip.destroy(tooLarge(options.bytesMax))
    else if (!gunzip.write(chunk)) incoming.pause()
  }
  incoming.on('data', inflate)
  gunzip.on('drain', () => incoming.resume())
  incoming.once('end', () => gunzip.end())
  incoming.once('close', () => {
    if (!incoming.complete) gunzip.destroy(cutOff())
  })
  try {
    return await collect(gunzip, options)
  } catch (error) {
    if (error instanceof ProblemError) throw error
    throw new ProblemError('encoding_invalid', 'The body is not one complete gzip stream.', { cause: error })
  } finally {
    incoming.removeListener('data', inflate)
    gunzip.destroy()
  }
}

const tooLarge = (bytesMax: number): ProblemError =>
  new ProblemError(
    'body_too_large',
    `A body may have ${bytesMax} bytes, counted after decompression. Send less at once.`,
  )

const cutOff = (): ProblemError => new ProblemError('request_malformed', 'The connection ended inside the body.')

/** Listens instead of iterating: an async iterator costs a promise for every chunk. */
async function collect(stream: NodeJS.ReadableStream, { bytesMax, share }: ReadBodyOptions): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let bytes = 0
  let isWhole = false
  await new Promise<void>((resolve, reject) => {
    const fail = (error: unknown): void => {
      stream.removeListener('data', onData)
      stream.pause()
      reject(error instanceof Error ? error : cutOff())
    }
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length
      if (bytes > bytesMax) return fail(tooLarge(bytesMax))
      try {
        share.take(chunk.length)
      } catch (error) {
        return fail(error)
      }
      chunks.push(chunk)
    }
    stream.on('data', onData)
    stream.once('end', () => {
      isWhole = true
      resolve()
    })
    stream.on('error', (error) => fail('code' in error && error.code === 'ECONNRESET' ? cutOff() : error))
    // Every request ends with a close; only one whose body is not whole is worth an error.
    stream.once('close', () => {
      if (!isWhole) reject(cutOff())
    })
  })
  const [only] = chunks
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, bytes)
}
