import { eventDefinitions } from '@counterfoil/schema'
import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import type { LeafEvent } from './leaf.ts'
import { Projector } from './projector.ts'
import { projectionVersion } from './version.ts'

/** One example of every type, as leaves of one run: what follows from them says which rules are in force. */
function exampleLeaves(): LeafEvent[] {
  return eventDefinitions
    .filter(({ inRun }) => inRun !== 'never')
    .map(({ example }, index) => ({
      ...(example as unknown as LeafEvent),
      event_id: `01939c5e-7a10-7c3e-8d55-${String(index).padStart(12, '0')}`,
      run_id: `run-${index % 3}`,
      run_seq: index,
      index,
      recorded_at: '2026-01-02T03:04:05.000Z',
      key_id: 'k_example',
      assurance: 'authenticated',
      time_quality: 'ok',
    }))
}

it('changes of the rules raise the version, so that logs of older rules are derived anew', () => {
  const projector = new Projector({
    runState: () => undefined,
    actionState: () => undefined,
    producerState: () => undefined,
  })
  for (const leaf of exampleLeaves()) projector.apply(leaf)
  const digest = createHash('sha256').update(JSON.stringify(projector.changes())).digest('hex').slice(0, 16)
  // When the digest differs: raise projectionVersion, then put both here.
  expect([projectionVersion, digest]).toEqual([2, '91494907b2f6a1e3'])
})
