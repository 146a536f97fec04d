import type { Query, Span } from './ast.ts'
import { isScope } from './directives.ts'
import { isBareText } from './quote.ts'

const nowhere: Span = { start: 0, end: 0 }

/** The query that holds everywhere. */
export const emptyQuery: Query = { kind: 'and', children: [], span: nowhere }

/**
 * All of `children`, in normal form: nested `and`s and queries that hold everywhere dissolve, one child stands for itself.
 * For building queries in code, for example to add a filter to what a person typed.
 */
export function allOf(children: readonly Query[], span: Span = nowhere): Query {
  return join('and', children, span)
}

/** Any of `children`, in normal form; of none, the empty query. */
export function anyOf(children: readonly Query[], span: Span = nowhere): Query {
  return join('or', children, span)
}

function join(kind: 'and' | 'or', children: readonly Query[], span: Span): Query {
  // Everything or something is everything.
  if (kind === 'or' && children.some(isEmptyQuery)) return { kind: 'and', children: [], span }
  const flat = children.flatMap((child) => (child.kind === kind && !ownsScope(child) ? child.children : [child]))
  const [only] = flat
  if (flat.length === 1 && only) return only
  return flat.length === 0 ? { kind: 'and', children: [], span } : { kind, children: flat, span }
}

/** A group with an `in:` of its own must stay one, or that `in:` would reach the text of the group around it. */
function ownsScope(node: Query): boolean {
  return node.kind === 'and' && node.children.some(isScope)
}

/** The opposite of `child`; a double negation dissolves. */
export function noneOf(child: Query, span: Span = nowhere): Query {
  return child.kind === 'not' ? child.child : { kind: 'not', child, span }
}

/** True when nothing is asked for, so that everything is found. */
export function isEmptyQuery(query: Query): boolean {
  return query.kind === 'and' && query.children.length === 0
}

/** Brings a query that was built in code into the normal form that the parser makes; see `Query`. */
export function normalizeQuery(query: Query): Query {
  switch (query.kind) {
    case 'and':
      return allOf(query.children.map(normalizeQuery), query.span)
    case 'or':
      return anyOf(query.children.map(normalizeQuery), query.span)
    case 'not': {
      const child = normalizeQuery(query.child)
      return isEmptyQuery(child) ? child : noneOf(child, query.span)
    }
    case 'text':
      return query.phrase || isBareText(query.value) ? query : { ...query, phrase: true }
    default:
      return query
  }
}
