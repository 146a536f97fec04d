import { importLimits } from './import-limits.ts'

/** One shortened place: where, and how many characters (or members) stood there. */
interface Cut {
  readonly path: string
  readonly original_size: number
}

export type Payload = Record<string, unknown>

/**
 * Makes a payload storable: strings become well-formed Unicode, and what is over the limit is cut visibly. A cut string
 * ends in `…[cut]`, and the member `cuts` says for each place what it held; nothing is ever shortened silently.
 */
export function fitPayload(payload: Payload): Payload {
  if (fitsAsIs(payload)) return payload
  for (let charactersMax = Number.POSITIVE_INFINITY; ; charactersMax = nextMax(charactersMax)) {
    const cuts: Cut[] = []
    const fitted = fit(payload, '', 1, { charactersMax, membersMax: membersMax(charactersMax), cuts }) as Payload
    const result = cuts.length === 0 ? fitted : { ...fitted, cuts: cuts.slice(0, 64) }
    if (Buffer.byteLength(JSON.stringify(result)) <= importLimits.payloadBytesTarget) return result
    if (charactersMax <= charactersMin) {
      return { cuts: [{ path: '', original_size: JSON.stringify(fitted).length }] }
    }
  }
}

const charactersMin = 64
const nextMax = (max: number): number => (max === Number.POSITIVE_INFINITY ? 200_000 : Math.floor(max / 8))
/** Only when cutting strings does not help are members left out: then the payload has too many of them. */
const membersMax = (charactersMax: number): number =>
  charactersMax > 4_000 ? Number.POSITIVE_INFINITY : charactersMax * 2

/** Nearly every payload: one look instead of a copy. JSON shows a lone surrogate as an escape. */
function fitsAsIs(payload: Payload): boolean {
  const text = JSON.stringify(payload)
  return (
    text.length <= importLimits.payloadBytesTarget &&
    Buffer.byteLength(text) <= importLimits.payloadBytesTarget &&
    !/\\ud[89a-f]/.test(text) &&
    depthWithin(payload, importLimits.payloadDepthTarget)
  )
}

function depthWithin(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  return levels > 0 && Object.values(value).every((member) => depthWithin(member, levels - 1))
}

interface Bounds {
  readonly charactersMax: number
  readonly membersMax: number
  readonly cuts: Cut[]
}

function fit(value: unknown, path: string, depth: number, bounds: Bounds): unknown {
  if (typeof value === 'string') return fitString(value, path, bounds)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
  if (depth >= importLimits.payloadDepthTarget && entries.length > 0) {
    bounds.cuts.push({ path, original_size: entries.length })
    return '…[cut]'
  }
  const kept = entries.length > bounds.membersMax ? entries.slice(0, bounds.membersMax) : entries
  if (kept.length < entries.length) bounds.cuts.push({ path, original_size: entries.length })
  const fitted = kept.map(
    ([name, member]) => [name.toWellFormed(), fit(member, `${path}/${escapeToken(name)}`, depth + 1, bounds)] as const,
  )
  return Array.isArray(value) ? fitted.map(([, member]) => member) : Object.fromEntries(fitted)
}

function fitString(text: string, path: string, { charactersMax, cuts }: Bounds): string {
  if (text.length <= charactersMax) return text.toWellFormed()
  cuts.push({ path, original_size: text.length })
  return `${text.slice(0, charactersMax).toWellFormed()}…[cut]`
}

const escapeToken = (token: string): string => token.toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1')
