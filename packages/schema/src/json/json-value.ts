/**
 * A number whose source text is not what JavaScript would print for it (`1.0`, `1e3`, `-0`, `12345678901234567890`).
 * It keeps that text, so that nothing is lost between what was sent and what is stored.
 */
export class JsonNumber {
  readonly source: string

  constructor(source: string) {
    this.source = source
  }

  /** The nearest IEEE 754 double; may be infinite. */
  toNumber(): number {
    return Number(this.source)
  }

  /** What `JSON.stringify` takes when it meets one: precision may be lost, which `stringifyJson` avoids. */
  toJSON(): number {
    return this.toNumber()
  }
}

/** A value that was checked as strictly as the rest but was left as text. */
export class RawJson {
  /** Exactly as sent, insignificant white space included. */
  readonly text: string
  /** Whether a `\u` or `\/` escape stands in it: then the same value may have another text. */
  readonly hasEscape: boolean
  /** Whether one of its member names (unescaped) was interesting to the caller. */
  readonly isInteresting: boolean

  constructor(text: string, hasEscape: boolean, isInteresting: boolean) {
    this.text = text
    this.hasEscape = hasEscape
    this.isInteresting = isInteresting
  }
}

/** An object as parsed. A member called `__proto__` is an ordinary own property. */
export interface JsonObject {
  [name: string]: JsonValue
}

export type JsonValue = null | boolean | number | string | JsonNumber | RawJson | JsonValue[] | JsonObject

/** Whether a value is a JSON object, and neither an array nor one of the two classes above. */
export function isJsonObject(value: unknown): value is JsonObject {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof JsonNumber) &&
    !(value instanceof RawJson)
  )
}
