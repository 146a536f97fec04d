import { array, assert, constantFrom, gen, integer, property, tuple } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { memoryActions, memoryCount, memoryFacets, memoryRuns } from '../src/drivers/memory/memory-query.ts'
import { facetRuns } from '../src/drivers/sqlite/query-facets.ts'
import { attributeKeys, countRuns, queryActions, queryRuns } from '../src/drivers/sqlite/query-runs.ts'
import { facetKeys, makeEvents, makeSides, nowMs, parse, queries, sorts, words } from './generated-queries.ts'

type Ask = (limit: number, cursor?: string) => { readonly rows: readonly object[]; readonly next?: string }

function pagesOf(ask: Ask, limit: number): readonly object[] {
  const rows: object[] = []
  for (let page = ask(limit); ; page = ask(limit, page.next)) {
    rows.push(...page.rows)
    if (page.next === undefined || rows.length > 1_000) return rows
  }
}

describe('SQL over the projections', () => {
  it('finds, orders, pages and counts what looking at every row finds', () => {
    let compared = 0
    let found = 0
    const stories = gen().map((g) => makeEvents(g))
    const bodies = array(
      tuple(
        constantFrom('proposal', 'input', 'result', 'message', 'other'),
        array(constantFrom(...words), { minLength: 1, maxLength: 4 }).map((list) => list.join(' ')),
      ),
      { maxLength: 12 },
    )
    assert(
      property(
        stories,
        bodies,
        array(tuple(sorts, queries), { minLength: 8, maxLength: 16 }),
        constantFrom(0, 3, 20_000),
        integer({ min: 1, max: 5 }),
        constantFrom(1, 2, 500),
        (events, bodyTexts, texts, candidatesMax, limit, pieceRows) => {
          const { database, rows, textMatches } = makeSides(events, bodyTexts)
          using closing = { [Symbol.dispose]: () => database.close() }
          expect(closing).toBeDefined()
          const runs = [...rows.runs.values()]
          for (const [sort, text] of texts) {
            const query = parse(sort + (sort === '' ? text : `(${text})`))
            if (query === undefined) continue
            const patience = { timeMsMax: 60_000, pieceRows }
            const request = { query, nowMs, textMatches, candidatesMax, patience, countPatience: patience }
            const page = (limit: number, cursor?: string) => ({
              ...request,
              limit,
              ...(cursor !== undefined && { cursor }),
            })
            const all = memoryRuns(runs, page(1_000)).rows
            compared += 1
            found += all.length > 0 && all.length < runs.length ? 1 : 0
            expect([text, queryRuns(database, page(1_000)).rows]).toEqual([text, all])
            expect([text, pagesOf((size, cursor) => queryRuns(database, page(size, cursor)), limit)]).toEqual([
              text,
              all,
            ])
            expect([text, pagesOf((size, cursor) => memoryRuns(runs, page(size, cursor)), limit)]).toEqual([text, all])
            const actions = memoryActions(runs, page(1_000)).rows
            expect([text, queryActions(database, page(1_000)).rows]).toEqual([text, actions])
            expect([text, pagesOf((size, cursor) => queryActions(database, page(size, cursor)), limit)]).toEqual([
              text,
              actions,
            ])
            expect([text, countRuns(database, request)]).toEqual([text, memoryCount(runs, request)])
            expect([text, facetRuns(database, { ...request, keys: facetKeys })]).toEqual([
              text,
              memoryFacets(runs, { ...request, keys: facetKeys }),
            ])
          }
          expect(attributeKeys(database)).toEqual(
            [
              ...new Set(
                runs.flatMap((run) =>
                  [...run.terms.values()].flatMap(({ key }) => (key.startsWith('attr:') ? [key.slice(5)] : [])),
                ),
              ),
            ].toSorted(),
          )
        },
      ),
      { numRuns: 100 },
    )
    // The comparison is worth something only when queries neither find nothing nor everything.
    expect(compared).toBeGreaterThan(600)
    expect(found).toBeGreaterThan(compared / 10)
  })

  it('finds with a negation exactly what the query itself does not find', () => {
    assert(
      property(
        gen().map((g) => makeEvents(g)),
        array(queries, { minLength: 5, maxLength: 10 }),
        (events, texts) => {
          const { database, rows, textMatches } = makeSides(events, [])
          using closing = { [Symbol.dispose]: () => database.close() }
          expect(closing).toBeDefined()
          for (const text of texts) {
            const [query, opposite] = [parse(text), parse(`-(${text})`)]
            if (query === undefined || opposite === undefined) continue
            const ids = [query, opposite].flatMap((one) =>
              queryRuns(database, { query: one, nowMs, textMatches, limit: 1_000 }).rows.map(({ runId }) => runId),
            )
            expect([text, ids.toSorted()]).toEqual([text, [...rows.runs.keys()].toSorted()])
          }
        },
      ),
      { numRuns: 60 },
    )
  })
})
