// Writes spec/vectors/tlog-*.json: npm run vectors -w @counterfoil/tlog
import { writeFileSync } from 'node:fs'
import { buildVectors } from './build-vectors.ts'

for (const [name, vectors] of Object.entries(buildVectors())) {
  const path = new URL(`../../../spec/vectors/${name}`, import.meta.url)
  writeFileSync(path, `${JSON.stringify(vectors, undefined, 2)}\n`)
}
