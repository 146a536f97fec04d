import type { FilterNode, Fix, Problem, Value } from './ast.ts'
import { findQueryKey, queryKeyNames } from './keys.ts'
import { quoteValue } from './quote.ts'
import { cleanValue } from './scan.ts'
import type { Atom, Token } from './scan.ts'
import { suggestWord } from './suggest.ts'
import { readValue } from './value.ts'

/** The integrator's own keys: a set of them, or whether a key (in lower case) is one. */
export type AttributeKeys = ReadonlySet<string> | ((key: string) => boolean)

const attributeKey = /^[a-z][a-z0-9_]{0,63}$/u

/** Makes a filter of its token, or adds a problem. Values that cannot be read are left out. */
export function readFilter(
  token: Token & { readonly kind: 'filter' },
  text: string,
  attributeKeys: AttributeKeys | undefined,
  problems: Problem[],
): FilterNode | undefined {
  const typed = cleanValue(token.key).toLowerCase()
  const definition = findQueryKey(typed)
  const span = { start: token.start, end: token.end }
  if (!definition && !isAttribute(typed, attributeKeys)) {
    problems.push(unknownKey(token, typed, text, attributeKeys))
    return undefined
  }
  const key = definition?.key ?? typed
  const atoms = token.atoms.filter((atom, index) => !checkList(key, token.atoms, index, text, problems) && atom)
  const values = atoms
    .map((atom) => readValue(key, definition, atom, text, problems))
    .filter((value): value is Value => value !== undefined)
  if (definition?.single === true && token.atoms.length > 1) {
    const [first, ...rest] = token.atoms
    const place = { start: first?.end ?? token.start, end: rest.at(-1)?.end ?? token.end }
    const fix: Fix = { label: 'Keep the first', ...place, replacement: '' }
    problems.push({ code: 'bad_value', message: `${key} takes one value.`, ...place, fix })
    values.length = Math.min(values.length, 1)
  }
  if (values.length === 0) return undefined
  return { kind: 'filter', key, ref: definition ? 'builtin' : 'attribute', values, span }
}

function isAttribute(key: string, attributeKeys: AttributeKeys | undefined): boolean {
  if (attributeKeys === undefined || !attributeKey.test(key)) return false
  return typeof attributeKeys === 'function' ? attributeKeys(key) : attributeKeys.has(key)
}

/** Mistakes that only show beside the neighbours: `a, b`, and `>1,500` for 1500. */
function checkList(key: string, atoms: readonly Atom[], index: number, text: string, problems: Problem[]): boolean {
  const atom = atoms[index]
  const before = atoms[index - 1]
  if (!atom) return false
  const empty = atom.start === atom.end
  if (empty && index === atoms.length - 1) {
    const gap = /^[ \t]+(?=[\p{L}\p{N}"“€$£<>])/u.exec(text.slice(atom.end))?.[0].length
    const comma = { label: 'Remove the comma', start: atom.start - 1, end: atom.end, replacement: '' }
    const space = { label: 'Remove the space', start: atom.end, end: atom.end + (gap ?? 0), replacement: '' }
    const fix = gap !== undefined ? space : index > 0 ? comma : undefined
    if (fix === undefined) return false
    const message = index > 0 ? 'A value is missing behind this comma.' : `The value of ${key} follows without a space.`
    problems.push({ code: 'missing_value', message, start: atom.start - 1, end: atom.end, fix })
    return true
  }
  if (before && !before.quoted && !atom.quoted && separatesThousands(before.value, atom.value)) {
    const place = { start: before.start, end: atom.end }
    const number = before.value + atom.value
    const message = `A comma separates values: this reads as "${before.value}" or "${atom.value}".`
    problems.push({
      code: 'bad_value',
      message,
      ...place,
      fix: { label: `Write ${number}`, ...place, replacement: number },
    })
    return true
  }
  return false
}

/** True for `>1` followed by `500`: more likely 1500 than "above 1, or exactly 500". */
export function separatesThousands(before: string, value: string): boolean {
  return /^[<>]=?-?\d{1,3}$/u.test(before) && /^\d{3}(?:\.\d+)?$/u.test(value)
}

function unknownKey(
  token: Token & { readonly kind: 'filter' },
  typed: string,
  text: string,
  attributeKeys: AttributeKeys | undefined,
): Problem {
  const own = attributeKeys === undefined || typeof attributeKeys === 'function' ? [] : attributeKeys
  const suggestion = suggestWord(typed, [...queryKeyNames, ...own])
  const place = { start: token.start, end: token.keyEnd }
  if (suggestion !== undefined) {
    const fix = { label: `Use ${suggestion}`, ...place, replacement: suggestion }
    return { code: 'unknown_key', message: `There is no key "${typed}". Did you mean ${suggestion}?`, ...place, fix }
  }
  const asText = quoteValue(cleanValue(text.slice(token.start, token.end)))
  const fix = { label: 'Search for it as text', start: token.start, end: token.end, replacement: asText }
  return { code: 'unknown_key', message: `There is no key "${typed}". Put text with a colon in quotes.`, ...place, fix }
}
