import { parseQuery } from '@counterfoil/schema/query'
import { array, assert, constantFrom, gen, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { memoryCount, memoryFacets } from '../src/drivers/memory/memory-query.ts'
import { facetRuns } from '../src/drivers/sqlite/query-facets.ts'
import { countRuns } from '../src/drivers/sqlite/query-runs.ts'
import type { LeafEvent } from '../src/projection/leaf.ts'
import { facetKeys, makeEvents, makeSides, nowMs, parse, queries } from './generated-queries.ts'

describe('counts and facets of SQL', () => {
  it('are lower bounds, and say so, when there is no time', () => {
    let bounded = 0
    assert(
      property(
        gen().map((g) => makeEvents(g)),
        array(queries, { minLength: 8, maxLength: 16 }),
        constantFrom(0, 3, 20_000),
        constantFrom(0, 60_000),
        (events, texts, candidatesMax, sampleMs) => {
          const { database, rows, textMatches } = makeSides(events, [])
          using closing = { [Symbol.dispose]: () => database.close() }
          expect(closing).toBeDefined()
          const runs = [...rows.runs.values()]
          const patience = { timeMsMax: 0, pieceRows: 1 }
          for (const text of texts) {
            const query = parse(text)
            if (query === undefined) continue
            const request = { query, nowMs, textMatches, candidatesMax, patience, countPatience: patience }
            const truth = memoryCount(runs, request)
            const { count, exact, bound } = countRuns(database, request)
            expect([text, bound]).toEqual([text, exact ? undefined : 'time'])
            expect([text, exact ? count === truth.count : count <= truth.count]).toEqual([text, true])
            bounded += exact ? 0 : 1
            const asked = { ...request, keys: facetKeys, patience: { ...patience, timeMsMax: sampleMs } }
            const whole = memoryFacets(runs, asked)
            for (const [at, { key, counted, values }] of facetRuns(database, asked).entries()) {
              const all = new Map(whole[at]?.values.map((value) => [value.value, value.count]))
              expect([text, key, counted <= (whole[at]?.counted ?? 0)]).toEqual([text, key, true])
              for (const one of values) {
                // Beyond the eight most frequent values a cut one may come in, in the place of one that was not seen.
                const most = all.get(one.value) ?? counted
                expect([text, key, one.exact ? one.count === most : one.count <= most]).toEqual([text, key, true])
              }
              const isWhole = counted === whole[at]?.counted
              expect([text, key, isWhole || values.every((one) => !one.exact)]).toEqual([text, key, true])
            }
          }
        },
      ),
      { numRuns: 60 },
    )
    expect(bounded).toBeGreaterThan(20)
  })

  it('are of runs of which one action has everything, whichever index is walked', () => {
    const events: Record<string, unknown>[] = []
    const add = (run: string, fields: Record<string, unknown>): void => {
      const index = events.length
      const action = { type: 'a', effect_class: 'write' }
      events.push({
        event_id: `e-${index}`,
        index,
        run_id: run,
        run_seq: index,
        recorded_at: new Date(nowMs).toISOString(),
        key_id: 'k',
        assurance: 'authenticated',
        time_quality: 'ok',
        ...fields,
        ...(fields['action'] !== undefined && { action: { ...action, id: fields['action'] } }),
      })
    }
    for (let run = 0; run < 8; run += 1) {
      add(`r${run}`, { event_type: 'run_created' })
      for (const action of ['x', 'y']) {
        const id = `${action}${run}`
        const tool = run === 3 && action === 'x' ? { tool: { name: 'rare' } } : {}
        add(`r${run}`, { event_type: 'decision_proposed', action: id, ...tool })
        const isSure = action === 'x'
        add(`r${run}`, {
          event_type: isSure ? 'side_effect_applied' : 'side_effect_unknown',
          action: id,
          effect: { status: isSure ? 'applied' : 'unknown' },
        })
      }
    }
    const { database, textMatches } = makeSides(events as unknown as LeafEvent[], [])
    using closing = { [Symbol.dispose]: () => database.close() }
    expect(closing).toBeDefined()
    const count = (text: string): number =>
      countRuns(database, { query: parse(text) ?? parseQuery('').ast, nowMs, textMatches, candidatesMax: 0 }).count
    // The run as a whole is unconfirmed; only the action with the tool is done.
    expect(count('tool:rare outcome:done')).toBe(1)
    expect(count('tool:rare outcome:unconfirmed')).toBe(0)
    expect(count('tool:rare')).toBe(1)
    expect(count('outcome:done action:a')).toBe(8)
  })
})
