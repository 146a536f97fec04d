const pointerCharactersMax = 1_024

/** Deeper than this no pointer reaches, as every step takes two characters. */
const framesMax = 512

/** One reference token of RFC 6901, escaped. */
export function escapePointerToken(token: string): string {
  return token.includes('~') || token.includes('/') ? token.replaceAll('~', '~0').replaceAll('/', '~1') : token
}

interface Frame {
  isArray: boolean
  index: number
  key: string
}

/**
 * The pointer of the value that begins at, or contains, `offset`. Read again from `start` only when an error needs it,
 * so that the parser need not keep a path. The text before `offset` is known to be well formed.
 */
export function findPointer(text: string, start: number, offset: number): string {
  const frames: Frame[] = []
  let expectsKey = false
  let deeper = 0
  for (let i = start; i < offset; i++) {
    const c = text.charCodeAt(i)
    const frame = deeper === 0 ? frames.at(-1) : undefined
    if (c === 0x22) {
      const end = findStringEnd(text, i, offset)
      if (end < 0) break
      if (expectsKey && frame !== undefined) {
        frame.key = readKey(text.slice(i, end + 1))
        expectsKey = false
      }
      i = end
    } else if (c === 0x7b || c === 0x5b) {
      if (frames.length < framesMax) frames.push({ isArray: c === 0x5b, index: 0, key: '' })
      else deeper++
      expectsKey = c === 0x7b && deeper === 0
    } else if (c === 0x7d || c === 0x5d) {
      if (deeper === 0) frames.pop()
      else deeper--
      expectsKey = false
    } else if (c === 0x2c && frame !== undefined) {
      if (frame.isArray) frame.index++
      expectsKey = !frame.isArray
    }
  }
  // Between `{` or `,` and the next name the object itself is the place.
  if (expectsKey) frames.pop()
  let pointer = ''
  for (const frame of frames) {
    const next = `${pointer}/${frame.isArray ? String(frame.index) : escapePointerToken(frame.key)}`
    if (next.length > pointerCharactersMax) break
    pointer = next
  }
  return pointer
}

/** Extends a pointer by a name, unless it would become very long. */
export function extendPointer(pointer: string, key: string): string {
  const next = `${pointer}/${escapePointerToken(key)}`
  return next.length > pointerCharactersMax ? pointer : next
}

function findStringEnd(text: string, start: number, limit: number): number {
  for (let i = start + 1; i < limit; i++) {
    const c = text.charCodeAt(i)
    if (c === 0x5c) i++
    else if (c === 0x22) return i
  }
  return -1
}

function readKey(literal: string): string {
  return literal.includes('\\') ? String(JSON.parse(literal)).toWellFormed() : literal.slice(1, -1)
}
