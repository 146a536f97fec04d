/** Term keys that a facet may count, beside `attr:` and the columns. */
export const facetTerms: ReadonlySet<string> = new Set([
  'check',
  'rule',
  'tool',
  'reason',
  'approval',
  'confidence',
  'prompt',
  'policy',
  'type',
  'on_behalf_of',
])
