import { JsonError } from './json-error.ts'
import { JsonReader, type ReaderOptions } from './json-reader.ts'
import type { JsonValue } from './json-value.ts'
import { keyTableOf } from './key-table.ts'

/** No caller may ask for more, because trees are read by recursion. */
export const jsonDepthMax = 1_000

export interface ParseJsonOptions {
  /** Containers inside one another; the root is the first. At most, and by default, `jsonDepthMax`. */
  depthMax?: number
  /** A member of the root object that is checked but stays text: it becomes a `RawJson`. */
  raw?: string
  /** As `depthMax`, counted from the raw value. */
  rawDepthMax?: number
  /**
   * Judges member names, unescaped; `RawJson.isInteresting` tells whether one was found. Pass the same function each
   * time: what it said is remembered for it.
   */
  isInteresting?: (key: string) => boolean
}

function toReaderOptions(options: ParseJsonOptions): ReaderOptions {
  return {
    depthMax: Math.min(options.depthMax ?? jsonDepthMax, jsonDepthMax),
    raw: options.raw,
    rawDepthMax: Math.min(options.rawDepthMax ?? jsonDepthMax, jsonDepthMax),
    keys: keyTableOf(options.isInteresting),
  }
}

/**
 * Parses one JSON text (RFC 8259) strictly: a byte order mark, anything behind the value, duplicate names (compared
 * unescaped), lone surrogates and deep nesting are errors, and numbers that JavaScript would print otherwise become
 * `JsonNumber`. Throws `JsonError` and nothing else.
 */
export function parseJson(text: string, options: ParseJsonOptions = {}): JsonValue {
  return parseRange(text, 0, text.length, toReaderOptions(options))
}

function parseRange(text: string, start: number, end: number, options: ReaderOptions): JsonValue {
  const reader = new JsonReader(text, start, end, options)
  const value = reader.readRoot()
  if (reader.skipSpace()) {
    reader.startRoot()
    reader.fail('Something stands behind the value')
  }
  if (reader.problem !== undefined) throw reader.problem
  return value
}

/** One element of a batch: its value, or why it was refused. */
export type BatchItem = { readonly value: JsonValue } | { readonly error: JsonError }

export interface ParseBatchOptions extends ParseJsonOptions {
  /** More elements than this are an error of the whole batch (`json_too_many_items`, thrown). */
  itemsMax?: number
}

/**
 * Parses an array element by element, each with its own result, and only when it is asked for: a caller that is done with
 * one before it takes the next never holds the tree of a whole batch. A mistake in the grammar ends the list: the last item
 * is then a `json_invalid` error that stands for everything from there on. What is only forbidden (duplicate names,
 * lone surrogates, depth) costs its own element alone. Pointers count from the element, offsets from the text.
 * `depthMax` counts from the element. Throws `JsonError` when the text is no array at all or has too many elements.
 */
export function* parseEventArray(text: string, options: ParseBatchOptions = {}): Generator<BatchItem, void> {
  const reader = new JsonReader(text, 0, text.length, toReaderOptions(options))
  const itemsMax = options.itemsMax ?? Number.POSITIVE_INFINITY
  let count = 0
  reader.skipSpace()
  if (!reader.take(0x5b)) reader.fail('Expected an array')
  try {
    reader.skipSpace()
    let isOpen = !reader.take(0x5d)
    while (isOpen) {
      const value = reader.readRoot()
      count += 1
      if (count > itemsMax) throw tooManyItems(itemsMax, reader.position)
      yield reader.problem === undefined ? { value } : { error: reader.problem }
      reader.skipSpace()
      reader.startRoot()
      if (reader.take(0x5d)) isOpen = false
      else if (!reader.take(0x2c)) reader.fail('Expected , or ] in an array')
    }
    if (reader.skipSpace()) {
      reader.startRoot()
      reader.fail('Something stands behind the array')
    }
  } catch (error) {
    if (!(error instanceof JsonError) || error.code === 'json_too_many_items') throw error
    yield { error }
  }
}

/**
 * Parses NDJSON: one JSON text a line, each with its own result when it is asked for. Empty lines are passed over; `\r\n` is accepted.
 * Throws `JsonError` only for too many lines.
 */
export function* parseNdjson(text: string, options: ParseBatchOptions = {}): Generator<BatchItem, void> {
  const readerOptions = toReaderOptions(options)
  const itemsMax = options.itemsMax ?? Number.POSITIVE_INFINITY
  let count = 0
  for (const { start, end } of splitNdjson(text)) {
    count += 1
    if (count > itemsMax) throw tooManyItems(itemsMax, start)
    yield parseLine(text, start, end, readerOptions)
  }
}

function parseLine(text: string, start: number, end: number, options: ReaderOptions): BatchItem {
  try {
    return { value: parseRange(text, start, end, options) }
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    return { error }
  }
}

/** Where the lines of an NDJSON text stand that hold more than white space. `line` counts from 1. */
export function* splitNdjson(text: string): Generator<{ line: number; start: number; end: number }> {
  let line = 0
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf('\n', start)
    const end = newline < 0 ? text.length : newline
    line++
    if (!isBlank(text, start, end)) yield { line, start, end }
    start = end + 1
  }
}

function isBlank(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const c = text.charCodeAt(i)
    if (c !== 0x20 && c !== 0x0d && c !== 0x09) return false
  }
  return true
}

function tooManyItems(itemsMax: number, offset: number): JsonError {
  return new JsonError('json_too_many_items', `More than ${itemsMax} elements`, offset, '')
}
