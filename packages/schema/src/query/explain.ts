import { bindsAction, isActionFilter } from './action-terms.ts'
import type { FilterNode, Query, TimeOperand, Value } from './ast.ts'
import { isScope, querySort } from './directives.ts'
import { formatValue } from './format.ts'
import { filterEntity, findQueryKey } from './keys.ts'
import { normalizeQuery } from './normalize.ts'
import { formatOperand } from './operand.ts'

/**
 * The query read back in one plain sentence, so that a person sees what was understood before trusting the answer. It
 * is plain text and quotes what was typed: whoever shows it escapes it as such.
 */
export function explainQuery(query: Query): string {
  const node = normalizeQuery(query)
  const parts = node.kind === 'and' ? node.children : [node]
  const clauses = describeAll(parts, { place: '', action: bindsAction(node) ? 'an' : 'none' })
  const { field, direction } = querySort(node)
  const sorted = parts.some((part) => part.kind === 'filter' && part.key === 'sort')
  const order = sorted ? `; ${orderNames[`${direction} ${field}`]} first` : ''
  return `Understood as: ${clauses.length === 0 ? 'all runs' : `runs ${clauses.join(', ')}`}${order}`
}

const orderNames: Readonly<Record<`${'ascending' | 'descending'} ${'started' | 'ended' | 'took' | 'amount'}`, string>> =
  {
    'descending started': 'newest',
    'ascending started': 'oldest',
    'descending ended': 'last ended',
    'ascending ended': 'first ended',
    'descending took': 'longest',
    'ascending took': 'shortest',
    'descending amount': 'largest amount',
    'ascending amount': 'smallest amount',
  }

/** What the words around a part have already said. */
interface Surroundings {
  /** Behind a text: where it is looked for. */
  readonly place: string
  /** Whether the query speaks of one action, and whether it has been introduced. */
  readonly action: 'none' | 'an' | 'that'
}

/** Clauses that all hold. What is said of an action is gathered into one clause, because it is one and the same action. */
function describeAll(parts: readonly Query[], around: Surroundings): string[] {
  const scope = parts.find(isScope)
  const place = scope ? ` in the ${list(scope.values.map((value) => formatValue(scope, value)))}` : around.place
  const ofAction = around.action === 'none' ? [] : parts.filter(speaksOfAction)
  const inside: Surroundings = { place, action: ofAction.length > 0 ? 'that' : around.action }
  const clauses = parts
    .filter((part) => !ofAction.includes(part) && !(part.kind === 'filter' && (part.key === 'sort' || isScope(part))))
    .map((part) => describe(part, inside))
  if (ofAction.length > 0) {
    const at = clauses.findIndex((clause) => /^(?:started|that mention|either)/u.test(clause))
    const said = ofAction.map(describeAction).join(' and ')
    clauses.splice(at === -1 ? clauses.length : at, 0, `where ${around.action} action ${said}`)
  }
  return clauses
}

/** The filter in `node`, looked at through one negation. */
function filterOf(node: Query): FilterNode | undefined {
  const inner = node.kind === 'not' ? node.child : node
  return inner.kind === 'filter' ? inner : undefined
}

function speaksOfAction(node: Query): boolean {
  const filter = filterOf(node)
  if (filter?.ref !== 'builtin') return false
  return filter.values.some((value) => ['action', 'outcome'].includes(filterEntity(filter, value)))
}

function describe(node: Query, around: Surroundings): string {
  switch (node.kind) {
    case 'and':
      return describeAll(node.children, around).join(' and ')
    case 'or':
      return `either (${node.children.map((child) => describeAll([child], around).join(' and ')).join(') or (')})`
    case 'not':
      return describeNot(node.child, around)
    case 'text':
      return `that mention “${node.value}”${around.place}`
    default:
      return isActionFilter(node) ? `where an action ${describeAction(node)}` : describeFilter(node, false)
  }
}

function describeNot(child: Query, around: Surroundings): string {
  if (child.kind === 'filter' && isActionFilter(child)) return `where no action ${describeAction(child)}`
  if (child.kind === 'filter') return describeFilter(child, true)
  if (child.kind === 'text') return `that do not mention “${child.value}”${around.place}`
  return `but not those ${child.kind === 'and' ? `(${describe(child, around)})` : describe(child, around)}`
}

function describeFilter(node: FilterNode, negated: boolean): string {
  const not = negated ? 'not ' : ''
  const lacks = node.values.every(({ kind }) => kind === 'none')
  const any = node.values.some((value) => value.kind === 'prefix' && value.value === '')
  const values = list(node.values.map((value) => describeValue(node, value)))
  const noun = node.ref === 'attribute' ? node.key : (findQueryKey(node.key)?.noun ?? node.key)
  switch (node.key) {
    case 'has':
      return `${negated ? 'without' : 'with'} ${list(node.values.map((value) => describeFlag(node, value)))}`
    case 'is':
      return `that are ${not}${list(node.values.map((value) => describeFlag(node, value)))}`
    case 'type':
      return `${negated ? 'without' : 'with'} an event of type ${values}`
    case 'after':
    case 'before':
    case 'on':
      return `${not}started ${describeTimes(node)}`
    case 'took':
      return lacks
        ? `whose duration is ${negated ? '' : 'not '}known`
        : `that ${negated ? 'did not take' : 'took'} ${values}`
    default:
      if (lacks || any) return `${lacks === negated ? 'with a' : 'without a'} ${noun}`
      return node.key === 'customer' ? `${not}for customer ${values}` : `whose ${noun} is ${not}${values}`
  }
}

/** What follows "where an action". */
function describeAction(node: Query): string {
  const filter = filterOf(node)
  if (!filter) return ''
  const negated = node.kind === 'not'
  if (filter.values.some((value) => filterEntity(filter, value) === 'run'))
    return `is in a run ${describeFilter(filter, negated)}`
  const values = list(filter.values.map((value) => describeValue(filter, value)))
  if (filter.key === 'action') return `is ${negated ? 'not ' : ''}${values}`
  const noun = findQueryKey(filter.key)?.noun ?? filter.key
  if (filter.key === 'has') {
    return `has ${negated ? 'no ' : ''}${list(filter.values.map((value) => describeFlag(filter, value, negated)))}`
  }
  if (filter.values.every(({ kind }) => kind === 'none')) return `has ${negated ? 'a' : 'no'} ${noun}`
  if (filter.key === 'actor') return `was ${negated ? 'not ' : ''}done by ${values}`
  if (filter.key === 'rule') return `was ${negated ? 'not ' : ''}decided by rule ${values}`
  if (filter.key === 'check') return `${negated ? 'did not go' : 'went'} through check ${values}`
  return `${negated ? 'does not have' : 'has'} ${noun} ${values}`
}

function describeFlag(node: FilterNode, value: Value, bare = false): string {
  const word = value.kind === 'word' ? value.value : formatValue(node, value)
  const meaning = findQueryKey(node.key)?.choices?.find((choice) => choice.word === word)?.meaning ?? word
  return bare ? meaning.replace(/^an? /u, '') : meaning
}

const comparisons = {
  '=': 'exactly ',
  '>': 'more than ',
  '>=': 'at least ',
  '<': 'less than ',
  '<=': 'at most ',
} as const

function describeValue(node: FilterNode, value: Value): string {
  switch (value.kind) {
    case 'word':
      return value.value
    case 'prefix':
      return value.value === '' ? 'anything' : `${value.value}…`
    case 'none':
      return 'none'
    case 'compare':
      return comparisons[value.operator] + describeOperand(formatOperand(value.operand))
    case 'range':
      return `from ${describeOperand(formatOperand(value.from))} to ${describeOperand(formatOperand(value.to))}`
    default:
      return formatValue(node, value)
  }
}

/** `500eur` as "500 EUR"; durations and numbers stay as they are. */
function describeOperand(text: string): string {
  return text.replace(/[a-z]{3}$/u, (currency) => ` ${currency.toUpperCase()}`)
}

const units = { s: 'second', m: 'minute', h: 'hour', d: 'day', w: 'week' } as const

function describeTimes(node: FilterNode): string {
  return list(
    node.values.map((value) => {
      if (value.kind === 'range' && value.from.type === 'time' && value.to.type === 'time') {
        return `from ${describeTime(value.from)} to ${describeTime(value.to)}`
      }
      if (value.kind !== 'time') return formatValue(node, value)
      const { time } = value
      const length = time.form === 'relative' ? `${time.amount} ${units[time.unit]}${time.amount === 1 ? '' : 's'}` : ''
      if (node.key === 'before') return length === '' ? `before ${describeTime(time)}` : `more than ${length} ago`
      if (length !== '') return `in the last ${length}`
      return node.key === 'after' ? `${describeTime(time)} or later` : describeDay(time)
    }),
  )
}

function describeTime(time: TimeOperand): string {
  if (time.form !== 'relative') return formatOperand(time)
  return `${time.amount} ${units[time.unit]}${time.amount === 1 ? '' : 's'} ago`
}

function describeDay(time: TimeOperand): string {
  if (time.form === 'clock' || time.form === 'datetime') return `at ${time.text}`
  if (time.form === 'day') return `on ${time.text}`
  return 'text' in time ? `in ${time.text}` : formatOperand(time)
}

function list(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} or ${items.at(-1)}`
}
