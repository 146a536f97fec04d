import type { FilterNode, Query, Value } from './ast.ts'
import { separatesThousands } from './filter.ts'
import { findQueryKey } from './keys.ts'
import { normalizeQuery } from './normalize.ts'
import { formatOperand } from './operand.ts'
import { formatPrefixValue, formatWordValue, quoteValue } from './quote.ts'

/**
 * The canonical text of a query: stable, so that it can be stored in addresses, evidence and alert rules. Reading it
 * gives the same query again, in normal form.
 */
export function formatQuery(query: Query): string {
  return formatNode(normalizeQuery(query), 'top')
}

function formatNode(node: Query, inside: 'top' | 'or' | 'and' | 'not'): string {
  switch (node.kind) {
    case 'or': {
      const text = node.children.map((child) => formatNode(child, 'or')).join(' OR ')
      return inside === 'top' ? text : `(${text})`
    }
    case 'and': {
      const text = node.children.map((child) => formatNode(child, 'and')).join(' ')
      return inside === 'not' || inside === 'and' ? `(${text})` : text
    }
    case 'not':
      return `-${formatNode(node.child, 'not')}`
    case 'text':
      return node.phrase ? quoteValue(node.value) : node.value
    default:
      return `${node.key}:${formatValues(node).join(',')}`
  }
}

function formatValues(node: FilterNode): string[] {
  const texts: string[] = []
  for (const value of node.values) {
    const text = formatValue(node, value)
    // "above 1, or exactly 500" must not read like 1500.
    const ambiguous = separatesThousands(texts.at(-1) ?? '', text)
    texts.push(!ambiguous ? text : value.kind === 'word' ? quoteValue(text) : `=${text}`)
  }
  return texts
}

/** The canonical text of one value of a filter. */
export function formatValue(node: Pick<FilterNode, 'key' | 'ref'>, value: Value): string {
  switch (value.kind) {
    case 'word': {
      const noneIsWord = node.ref === 'builtin' && findQueryKey(node.key)?.none !== true
      return noneIsWord && value.value === 'none' ? value.value : formatWordValue(value.value)
    }
    case 'prefix':
      return formatPrefixValue(value.value)
    case 'none':
      return 'none'
    case 'compare':
      return (value.operator === '=' ? '' : value.operator) + formatOperand(value.operand)
    case 'range':
      return `${formatOperand(value.from)}..${formatOperand(value.to)}`
    default:
      return formatOperand(value.time)
  }
}
