import { createRedactor, type Redactor } from '@counterfoil/schema/redact'

/** What stands behind the cut as well is looked at, so that a secret across it is found: none is longer. */
const aheadCharactersMax = 16_384

let redactor: Redactor | undefined

/**
 * The beginning of a text, without secrets: half of one would not be known for what it is by whoever looks for secrets
 * later. Texts that are short enough are left as they are, because everything is redacted before it leaves.
 *
 * @param max in UTF-16 code units
 */
export function cutText(text: string, max: number): string {
  if (text.length <= max) return text
  redactor ??= createRedactor()
  return redactor
    .redactString(text.slice(0, max + aheadCharactersMax), '', [])
    .slice(0, max)
    .toWellFormed()
}
