import { TlogError } from './errors.ts'
import { assertIndex, assertSize, splitPoint } from './size.ts'

/** The leaves `start` (included) to `end` (excluded) of a subtree: one hash of a proof is the tree hash of one range. */
export interface LeafRange {
  readonly start: number
  readonly end: number
}

/** RFC 6962 section 2.1.1: the subtrees whose hashes prove leaf `index` in a tree of `size`, the leaf's sibling first. */
export function inclusionRanges(index: number, size: number): LeafRange[] {
  assertIndex(index, size)
  const ranges: LeafRange[] = []
  let start = 0
  let end = size
  while (end - start > 1) {
    const middle = start + splitPoint(end - start)
    if (index < middle) {
      ranges.push({ start: middle, end })
      end = middle
    } else {
      ranges.push({ start, end: middle })
      start = middle
    }
  }
  return ranges.reverse()
}

/**
 * RFC 6962 section 2.1.2: the subtrees whose hashes prove that the tree of `size2` begins with the tree of `size1`.
 * Throws `size_invalid` unless 0 < size1 <= size2: every tree begins with the empty tree, there is nothing to prove.
 */
export function consistencyRanges(size1: number, size2: number): LeafRange[] {
  assertSize(size2)
  assertSize(size1, 1)
  if (size1 > size2) throw new TlogError('size_invalid', `a tree of ${size2} leaves cannot begin with ${size1} leaves`)
  const ranges: LeafRange[] = []
  let start = 0
  let end = size2
  while (end !== size1) {
    const middle = start + splitPoint(end - start)
    if (size1 <= middle) {
      ranges.push({ start: middle, end })
      end = middle
    } else {
      ranges.push({ start, end: middle })
      start = middle
    }
  }
  // What is left is common to both trees. When it is the whole old tree, the verifier has its hash already.
  if (start > 0) ranges.push({ start, end })
  return ranges.reverse()
}

/** A perfect subtree: `index` counts subtrees of 2^`height` leaves from the left. */
export interface SubtreeNode {
  readonly height: number
  readonly index: number
}

/** The perfect subtrees that make up a range as the RFC 6962 tree cuts it, largest first. */
export function nodesOfRange(range: LeafRange): SubtreeNode[] {
  const nodes: SubtreeNode[] = []
  let start = range.start
  while (start < range.end) {
    let height = 0
    let leaves = 1
    while (leaves * 2 <= range.end - start) {
      leaves *= 2
      height++
    }
    nodes.push({ height, index: start / leaves })
    start += leaves
  }
  return nodes
}
