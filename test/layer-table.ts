/** What each package may import of ours. The linter, the manifests and ARCHITECTURE.md are tested against it. */
export const layers: Readonly<Record<string, readonly string[]>> = {
  schema: [],
  tlog: [],
  store: ['schema', 'tlog'],
  ledger: ['schema', 'tlog', 'store'],
  sdk: ['schema', 'tlog', 'ledger'],
  server: ['schema', 'tlog', 'ledger'],
  cli: ['schema', 'tlog', 'ledger', 'sdk', 'server'],
}

/** The program is published under the product's name. */
export function packageName(layer: string): string {
  return layer === 'cli' ? 'counterfoil' : `@counterfoil/${layer}`
}
