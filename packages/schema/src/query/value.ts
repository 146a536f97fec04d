import type { CompareOperator, Fix, Operand, Problem, ProblemCode, Quantity, Value } from './ast.ts'
import { readDecimal, readDuration, readMoney, readNumber, readTime } from './operand.ts'
import type { KeyDefinition } from './keys.ts'
import { quoteValue } from './quote.ts'
import type { Atom } from './scan.ts'
import { suggestWord } from './suggest.ts'

/** A value that could not be read: what to say, and how to mend it. */
class ValueProblem {
  readonly code: ProblemCode
  readonly message: string
  readonly fix: { readonly label: string; readonly replacement: string } | undefined

  constructor(message: string, fix?: { label: string; replacement: string }, code: ProblemCode = 'bad_value') {
    this.code = code
    this.message = message
    this.fix = fix
  }
}

/** Reads one value of `key`; without a definition, of an attribute. Returns nothing after adding a problem. */
export function readValue(
  key: string,
  definition: KeyDefinition | undefined,
  atom: Atom,
  text: string,
  problems: Problem[],
): Value | undefined {
  const result = readAtom(key, definition, atom, text)
  if (!(result instanceof ValueProblem)) return { ...result, span: { start: atom.start, end: atom.end } }
  const { code, message, fix } = result
  const place = { start: atom.start, end: atom.end }
  problems.push({ code, message, ...place, ...(fix && { fix: { ...fix, ...place } satisfies Fix }) })
  return undefined
}

type Unplaced<T> = T extends Value ? Omit<T, 'span'> : never
type Reading = Unplaced<Value> | ValueProblem

function readAtom(key: string, definition: KeyDefinition | undefined, atom: Atom, text: string): Reading {
  if (atom.junk === 'group') return readGroup(key, atom, text)
  if (atom.junk === 'after_quote') {
    return new ValueProblem('Quotes stand around a whole value; within one, write \\" for a quote.')
  }
  if (atom.value.trim() === '' && !atom.star) return readEmpty(key, definition, atom)
  const type = definition?.type ?? 'attribute'
  if (type === 'attribute') return readAttribute(atom)
  if (definition?.none === true && !atom.quoted && atom.value.toLowerCase() === 'none') return { kind: 'none' }
  switch (type) {
    case 'choice':
      return readChoice(key, definition as KeyDefinition, atom)
    case 'word':
      return readWord(key, atom)
    case 'money':
    case 'duration':
      return readQuantity(key, type, atom)
    default:
      return readMoment(key, definition?.range === true, atom)
  }
}

function readGroup(key: string, atom: Atom, text: string): ValueProblem {
  const inner = text.slice(atom.start + 1, atom.end).replace(/\)$/u, '')
  const words = inner.split(/[\s,]+(?:OR[\s,]+)?/u).filter((word) => word !== '')
  const simple = words.length > 0 && words.every((word) => /^[\p{L}\p{N}_.@/-]+\*?$/u.test(word))
  const message = `Several values of one key are written with commas: ${key}:a,b.`
  return new ValueProblem(message, simple ? { label: 'Use commas', replacement: words.join(',') } : undefined)
}

function readEmpty(key: string, definition: KeyDefinition | undefined, atom: Atom): ValueProblem {
  const optional = definition === undefined || definition.none === true
  const fix = atom.quoted && optional ? { label: `Ask for runs without ${key}`, replacement: 'none' } : undefined
  const example = definition === undefined ? '' : ` Example: ${definition.example}`
  return new ValueProblem(`A value is missing for ${key}.${example}`, fix, 'missing_value')
}

/** Takes the trailing `*` off; a star elsewhere would silently match nothing. */
function readStar(atom: Atom): { value: string; prefix: boolean } | ValueProblem {
  if (atom.quoted) return { value: atom.value, prefix: atom.star }
  const star = atom.value.indexOf('*')
  if (star === -1) return { value: atom.value, prefix: false }
  if (star === atom.value.length - 1) return { value: atom.value.slice(0, -1), prefix: true }
  return new ValueProblem('A * can only stand at the end of a value.', {
    label: 'Take it literally',
    replacement: quoteValue(atom.value),
  })
}

function readWord(key: string, atom: Atom): Reading {
  if (!atom.quoted && /^[<>]/u.test(atom.value)) {
    return new ValueProblem(`${key} is compared as a whole: < and > have no meaning here.`, {
      label: 'Take it literally',
      replacement: quoteValue(atom.value),
    })
  }
  const read = readStar(atom)
  if (read instanceof ValueProblem) return read
  return { kind: read.prefix ? 'prefix' : 'word', value: read.value }
}

function readAttribute(atom: Atom): Reading {
  if (!atom.quoted) {
    if (atom.value.toLowerCase() === 'none') return { kind: 'none' }
    const compared = /^([<>]=?)(.*)$/su.exec(atom.value)
    if (compared) {
      const operand = readNumber(compared[2] ?? '')
      if (operand) return { kind: 'compare', operator: compared[1] as CompareOperator, operand }
      return new ValueProblem(`Only numbers can be compared, and "${compared[2]}" is none.`)
    }
    const [from, to, ...more] = atom.value.split('..').map(readNumber)
    if (from && to && more.length === 0) return { kind: 'range', from, to }
  }
  const read = readStar(atom)
  if (read instanceof ValueProblem) return read
  return { kind: read.prefix ? 'prefix' : 'word', value: read.value }
}

function readChoice(key: string, definition: KeyDefinition, atom: Atom): Reading {
  const words = (definition.choices ?? []).map(({ word }) => word)
  const read = readStar(atom)
  if (read instanceof ValueProblem) return read
  const value = read.value.toLowerCase()
  if (read.prefix) {
    if (definition.prefix !== true) return new ValueProblem(`${key} takes whole words: ${words.join(', ')}.`)
    if (words.some((word) => word.startsWith(value))) return { kind: 'prefix', value }
    return new ValueProblem(`Nothing in ${key} starts with "${value}".`)
  }
  if (words.includes(value)) return { kind: 'word', value }
  const suggestion = suggestWord(value, definition.none === true ? [...words, 'none'] : words)
  const list = words.length > 12 ? '' : ` It is one of: ${words.join(', ')}.`
  return suggestion === undefined
    ? new ValueProblem(`"${value}" is not a value of ${key}.${list}`)
    : new ValueProblem(`"${value}" is not a value of ${key}. Did you mean ${suggestion}?`, {
        label: `Use ${suggestion}`,
        replacement: suggestion,
      })
}

const forms = {
  money: 'an amount such as 500, 99.95 or 500eur',
  duration: 'a duration such as 250ms, 3s, 2m, 1.5h or 2d',
} as const

function readQuantity(key: string, type: 'money' | 'duration', atom: Atom): Reading {
  const read = (value: string): Quantity | undefined => (type === 'money' ? readMoney(value) : readDuration(value))
  const wanted = `${key} takes ${forms[type]}, also after > >= < <= and as a range 1..5.`
  if (atom.quoted)
    return new ValueProblem(
      wanted,
      unquote(atom, (value) => read(value) !== undefined),
    )
  const ends = atom.value.split('..')
  if (ends.length === 2) {
    const [from, to] = ends.map((end) => read(end))
    return from && to ? { kind: 'range', from, to } : new ValueProblem(wanted)
  }
  const [, operator = '', rest = ''] = /^([<>]=?|=)?(.*)$/su.exec(atom.value) ?? []
  const operand: Quantity | undefined = read(rest)
  if (operand) return { kind: 'compare', operator: operator === '' ? '=' : (operator as CompareOperator), operand }
  const bare = type === 'duration' && readDecimal(rest) !== undefined
  return new ValueProblem(wanted, bare ? { label: 'Read it as seconds', replacement: `${atom.value}s` } : undefined)
}

function readMoment(key: string, range: boolean, atom: Atom): Reading {
  const wanted = `${key} takes a date (2026-11-20), a month (2026-11), a quarter (2026-Q3), a time (2026-11-20T14:02), today, yesterday, now, or how long ago (-7d, -3h).`
  if (atom.quoted)
    return new ValueProblem(
      wanted,
      unquote(atom, (value) => readTime(value) !== undefined),
    )
  const ends = atom.value.split('..')
  if (ends.length === 2 && range) {
    const [from, to] = ends.map(readTime) as (Operand | undefined)[]
    return from && to ? { kind: 'range', from, to } : new ValueProblem(wanted)
  }
  const time = readTime(atom.value)
  if (time) return { kind: 'time', time }
  const past = readTime(`-${atom.value}`)
  return new ValueProblem(
    wanted,
    past ? { label: `Did you mean -${atom.value}?`, replacement: `-${atom.value}` } : undefined,
  )
}

function unquote(atom: Atom, isValue: (value: string) => boolean): { label: string; replacement: string } | undefined {
  return !atom.star && isValue(atom.value) ? { label: 'Remove the quotes', replacement: atom.value } : undefined
}
