import { filterEntity, type FilterNode, type KeyEntity, type Query, type Value } from '@counterfoil/schema/query'

/** One value of one filter. A filter with several values is an `any` of these. */
export interface Leaf {
  readonly kind: 'leaf'
  /** Canonical key; an attribute's own name when `attribute` is true. */
  readonly key: string
  readonly attribute: boolean
  readonly value: Value
  readonly entity: KeyEntity
}

/** Words and phrases that stand in the text of one and the same event. */
export interface TextLeaf {
  readonly kind: 'text'
  readonly words: readonly { readonly value: string; readonly phrase: boolean }[]
  /** Parts of a text, as `in:` names them; undefined is everywhere. */
  readonly parts: readonly string[] | undefined
}

/**
 * A query as drivers evaluate it: without spans and directives (`sort:`, `in:`), one value a leaf, texts of one group
 * together.
 *
 * What it means: a query, and the operand of every negation that stands outside of one that binds, is a *scope*.
 * A scope with an action term outside of every negation binds: it holds for a run when one action of the run satisfies
 * all of it (`action:refund outcome:mismatch`: one action is both). A run without actions counts as having one empty
 * action of which nothing is true but what the run says itself, so that `action:refund OR customer:acme` finds it by its
 * customer. In a scope that does not bind, `outcome:`, `actor:` and `has:` speak of the run and attributes of the run or any of
 * its actions. So `-action:refund` finds runs without any refund, `action:refund -outcome:done` runs with a refund that
 * is not done, and `-(q)` on its own exactly the runs that `q` does not find.
 * In a list of actions everything is asked of the listed action and its run.
 */
export type Condition =
  | { readonly kind: 'all'; readonly of: readonly Condition[] }
  | { readonly kind: 'any'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition }
  | Leaf
  | TextLeaf

const everything: Condition = { kind: 'all', of: [] }

/** Turns a query into the condition that it stands for. */
export function conditionOf(query: Query): Condition {
  return convert(query, undefined)
}

function convert(query: Query, parts: readonly string[] | undefined): Condition {
  switch (query.kind) {
    case 'and':
      return convertAll(query.children, parts)
    case 'or':
      return { kind: 'any', of: query.children.map((child) => convert(child, parts)) }
    case 'not':
      return { kind: 'not', of: convert(query.child, parts) }
    case 'text':
      return { kind: 'text', words: [{ value: query.value, phrase: query.phrase }], parts }
    default:
      return isDirective(query) ? everything : leaves(query)
  }
}

function convertAll(children: readonly Query[], outer: readonly string[] | undefined): Condition {
  const scope = children.find(
    (child): child is FilterNode => child.kind === 'filter' && isDirective(child) && child.key === 'in',
  )
  const parts =
    scope === undefined ? outer : scope.values.flatMap((value) => (value.kind === 'word' ? [value.value] : []))
  const of: Condition[] = []
  const words: TextLeaf['words'][number][] = []
  for (const child of children) {
    if (child.kind === 'text') words.push({ value: child.value, phrase: child.phrase })
    else if (child.kind !== 'filter' || !isDirective(child)) of.push(convert(child, parts))
  }
  if (words.length > 0) of.push({ kind: 'text', words, parts })
  const [only] = of
  return of.length === 1 && only !== undefined ? only : { kind: 'all', of }
}

function isDirective(filter: FilterNode): boolean {
  return filter.ref === 'builtin' && (filter.key === 'in' || filter.key === 'sort')
}

function leaves(filter: FilterNode): Condition {
  const of = filter.values.map((value): Leaf => ({
    kind: 'leaf',
    key: filter.key,
    attribute: filter.ref === 'attribute',
    value,
    entity: filterEntity(filter, value),
  }))
  const [only] = of
  return of.length === 1 && only !== undefined ? only : { kind: 'any', of }
}

/** Whether an action term stands outside of every negation, so that the scope speaks of one action. */
export function binds(condition: Condition): boolean {
  if (condition.kind === 'leaf') return condition.entity === 'action'
  return (condition.kind === 'all' || condition.kind === 'any') && condition.of.some(binds)
}

/** Whether anything in a binding scope depends on which action is looked at. */
export function dependsOnAction(condition: Condition): boolean {
  if (condition.kind === 'leaf') return condition.entity === 'action' || condition.entity === 'outcome'
  if (condition.kind === 'text') return false
  return condition.kind === 'not' ? dependsOnAction(condition.of) : condition.of.some(dependsOnAction)
}

/** The parts that must all hold. */
export function conjuncts(condition: Condition): readonly Condition[] {
  return condition.kind === 'all' ? condition.of.flatMap(conjuncts) : [condition]
}

/** The condition without the filters on one key, for facets: their counts say what widening would give. */
export function withoutKey(condition: Condition, key: string): Condition {
  const of = conjuncts(condition).filter((part) => !isOnKey(part, key))
  return { kind: 'all', of }
}

function isOnKey(condition: Condition, key: string): boolean {
  if (condition.kind === 'leaf') return condition.key === key
  if (condition.kind === 'not') return isOnKey(condition.of, key)
  return condition.kind === 'any' && condition.of.length > 0 && condition.of.every((part) => isOnKey(part, key))
}
