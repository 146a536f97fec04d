import type { FilterNode, Problem, Query } from './ast.ts'

/** True for `in:`, which says where to look for the text beside it. */
export function isScope(node: Query): node is FilterNode {
  return node.kind === 'filter' && node.ref === 'builtin' && node.key === 'in'
}

function isSort(node: Query): node is FilterNode {
  return node.kind === 'filter' && node.ref === 'builtin' && node.key === 'sort'
}

export interface SortOrder {
  readonly field: 'started' | 'ended' | 'took' | 'amount'
  readonly direction: 'ascending' | 'descending'
}

/** The order that the query asks for; newest first unless told otherwise. */
export function querySort(query: Query): SortOrder {
  const node = (query.kind === 'and' ? query.children : [query]).find(isSort)
  const value = node?.values[0]
  const word = value?.kind === 'word' ? value.value : '-started'
  return {
    // The closed list of `sort:` holds exactly these fields, with and without the sign.
    field: word.replace(/^-/u, '') as SortOrder['field'],
    direction: word.startsWith('-') ? 'descending' : 'ascending',
  }
}

/** `sort:` and `in:` filter nothing themselves, so they only make sense in certain places. */
export function checkDirectives(query: Query, problems: Problem[]): void {
  const sorts = (query.kind === 'and' ? query.children : [query]).filter(isSort)
  for (const again of sorts.slice(1)) {
    problems.push({ code: 'bad_position', message: 'The order is given twice.', ...again.span })
  }
  checkNode(query, undefined, new Set(sorts), problems)
}

function checkNode(node: Query, parent: Query | undefined, allowed: ReadonlySet<Query>, problems: Problem[]): void {
  if (isSort(node) && !allowed.has(node)) {
    const message = 'sort orders the whole answer: it stands outside of NOT, OR and parentheses.'
    problems.push({ code: 'bad_position', message, ...node.span })
  }
  if (isScope(node)) checkScope(node, parent, problems)
  if (node.kind === 'not') checkNode(node.child, node, allowed, problems)
  if (node.kind === 'and' || node.kind === 'or') {
    for (const child of node.children) checkNode(child, node, allowed, problems)
  }
}

function checkScope(node: FilterNode, parent: Query | undefined, problems: Problem[]): void {
  if (parent?.kind === 'not') {
    const message = 'in says where to look, so it cannot be excluded; exclude the text instead: -(in:input "…").'
    problems.push({ code: 'bad_position', message, ...node.span })
  } else if (parent?.kind !== 'and' || !parent.children.some(holdsText)) {
    problems.push({
      code: 'missing_term',
      message: 'Add the words to look for: in:proposal "free shipping".',
      ...node.span,
    })
  } else if (parent.children.find(isScope) !== node) {
    const message = 'in stands once beside its words; name several places with commas: in:input,message.'
    problems.push({ code: 'bad_position', message, ...node.span })
  }
}

function holdsText(node: Query): boolean {
  if (node.kind === 'text') return true
  if (node.kind === 'not') return holdsText(node.child)
  return (node.kind === 'and' || node.kind === 'or') && node.children.some(holdsText)
}
