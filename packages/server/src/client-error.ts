import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { problemDocument, problemHeaders, ProblemError } from './problem.ts'
import type { HttpErrorCode } from './problem-table.ts'

const codes: Readonly<Record<string, HttpErrorCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
  HPE_HEADER_OVERFLOW: 'headers_too_large',
}

/** Answers what the HTTP parser refused, below the application, and closes the connection. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  // Once an answer has begun on the connection, a second one would be read as part of it.
  const isAnswering = 'bytesWritten' in socket && socket.bytesWritten !== 0
  if (error.code === 'ECONNRESET' || !socket.writable || isAnswering) {
    socket.destroy()
    return
  }
  const problem = new ProblemError(
    codes[error.code ?? ''] ?? 'request_malformed',
    'The connection is closed. Nothing of this request was stored.',
  )
  const document = problemDocument(problem)
  const body = JSON.stringify(document)
  const headers = { ...problemHeaders(problem), 'content-length': Buffer.byteLength(body), connection: 'close' }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${document.status} ${STATUS_CODES[document.status] ?? ''}\r\n${lines.join('')}\r\n${body}`)
}
