import type { DurationOperand, DurationUnit, MoneyOperand, NumberOperand, RelativeUnit, TimeOperand } from './ast.ts'

const decimal = /^(-?)(0|[1-9]\d{0,14})(?:\.(\d{1,6}))?$/u
const money = /^(?:([€$£¥])|([A-Za-z]{3}))?(-?[\d.]+)([A-Za-z]{3})?$/u
const currencySigns: Readonly<Record<string, string>> = { '€': 'EUR', $: 'USD', '£': 'GBP', '¥': 'JPY' }
const duration = /^([\d.]+)(ms|s|m|h|d|w)$/iu
const relative = /^-0*([1-9]\d{0,5})([smhdw])$/iu
const period = /^(\d{4})(?:-(?:Q([1-4])|(\d{2})(?:-(\d{2}))?))?$/iu
const clock = /^([01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?$/u
const datetime =
  /^(\d{4}-\d{2}-\d{2})T((?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,3})?)?)(Z|[+-](?:0\d|1[0-4]):[0-5]\d)?$/iu

/** `007`, `1e3` and `1,000` are not numbers: what cannot be read in one way only is asked about, not guessed. */
export function readDecimal(text: string): string | undefined {
  const match = decimal.exec(text)
  if (!match) return undefined
  const [, sign = '', whole = '', fraction = ''] = match
  const rest = fraction.replace(/0+$/u, '')
  const value = rest === '' ? whole : `${whole}.${rest}`
  return value === '0' ? '0' : sign + value
}

export function readNumber(text: string): NumberOperand | undefined {
  const value = readDecimal(text)
  return value === undefined ? undefined : { type: 'number', value }
}

export function readMoney(text: string): MoneyOperand | undefined {
  const [, sign, before, digits = '', behind] = money.exec(text) ?? []
  const value = readDecimal(digits)
  if (value === undefined || [sign, before, behind].filter((part) => part !== undefined).length > 1) return undefined
  const currency = sign === undefined ? (before ?? behind)?.toUpperCase() : currencySigns[sign]
  return currency === undefined ? { type: 'money', value } : { type: 'money', value, currency }
}

export function readDuration(text: string): DurationOperand | undefined {
  const [, digits = '', unit = ''] = duration.exec(text) ?? []
  const value = readDecimal(digits)
  return value === undefined ? undefined : { type: 'duration', value, unit: unit.toLowerCase() as DurationUnit }
}

export function readTime(text: string): TimeOperand | undefined {
  const lower = text.toLowerCase()
  if (lower === 'now' || lower === 'today' || lower === 'yesterday') return { type: 'time', form: lower }
  const [, amount, unit] = relative.exec(lower) ?? []
  if (amount !== undefined) {
    return { type: 'time', form: 'relative', amount: Number(amount), unit: unit as RelativeUnit }
  }
  const upper = text.toUpperCase()
  if (clock.test(text)) return { type: 'time', form: 'clock', text }
  const [, date, , zone] = datetime.exec(upper) ?? []
  if (date !== undefined) {
    if (!isDay(date)) return undefined
    return { type: 'time', form: 'datetime', text: zone === undefined ? upper : upper.replace(/[+-]00:00$/u, 'Z') }
  }
  const [whole, year, quarter, month, day] = period.exec(upper) ?? []
  if (whole === undefined || Number(year) < 1970) return undefined
  if (day !== undefined) return isDay(whole) ? { type: 'time', form: 'day', text: whole } : undefined
  if (month !== undefined) return isDay(`${whole}-01`) ? { type: 'time', form: 'month', text: whole } : undefined
  return { type: 'time', form: quarter === undefined ? 'year' : 'quarter', text: whole }
}

function isDay(text: string): boolean {
  const ms = Date.parse(`${text}T00:00:00Z`)
  // Engines roll 30 February over to March: only a day that comes back unchanged exists.
  return text >= '1970' && !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text)
}

const unitMs: Readonly<Record<DurationUnit, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

/** Length of a duration in milliseconds; not always whole. */
export function durationMs(operand: { readonly value: string | number; readonly unit: DurationUnit }): number {
  return Number(operand.value) * unitMs[operand.unit]
}

/** The canonical spelling of a typed value. */
export function formatOperand(operand: NumberOperand | MoneyOperand | DurationOperand | TimeOperand): string {
  switch (operand.type) {
    case 'number':
      return operand.value
    case 'money':
      return operand.value + (operand.currency ?? '').toLowerCase()
    case 'duration':
      return operand.value + operand.unit
    default:
      if (operand.form === 'relative') return `-${operand.amount}${operand.unit}`
      return 'text' in operand ? operand.text : operand.form
  }
}
