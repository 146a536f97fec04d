/**
 * Filters over ten million events: the queries of `queries.txt` on tables of 200,000 runs, and beside each the same
 * statements without the compiler. Usage: node --conditions=@counterfoil/source bench/query-plan.ts [runs] [kinds]
 */
import { parseQuery } from '@counterfoil/schema/query'
import { hash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { readerCache } from '../packages/store/src/drivers/sqlite/database.ts'
import { migrate } from '../packages/store/src/drivers/sqlite/migrate.ts'
import { facetRuns } from '../packages/store/src/drivers/sqlite/query-facets.ts'
import { countRuns, queryActions, queryRuns } from '../packages/store/src/drivers/sqlite/query-runs.ts'
import { benchRoot } from './folder.ts'
import { eventsPerRun, fillQueryTables } from './query-data.ts'
import { quantile, rowOf, sized, type Row, type SuiteOptions } from './row.ts'

const nowMs = Date.parse('2026-11-23T12:00:00Z')
const rounds = 7

/** What a page of a console asks. Facets are many questions at once. */
const kinds = ['runs', 'actions', 'count', 'facets'] as const
type Kind = (typeof kinds)[number]
type Request = Parameters<typeof countRuns>[1]

const facetKeys = ['outcome', 'status', 'workflow', 'environment', 'customer', 'action', 'effect', 'tool']

/** Keeps what it is asked, so that it can be asked again without the compiler. */
class RecordingDatabase extends DatabaseSync {
  readonly asked: { text: string; parameters: SQLInputValue[] }[] = []
  /** Milliseconds of the statement that took longest: as long as a read transaction lasts. */
  longestMs = 0

  override prepare(text: string): StatementSync {
    const statement = super.prepare(text)
    const took = (ms: number): void => {
      this.longestMs = Math.max(this.longestMs, ms)
    }
    const asked = this.asked
    return new Proxy(statement, {
      get(target, name) {
        const member = Reflect.get(target, name) as unknown
        if (name !== 'all' && name !== 'get') return member
        return (...parameters: SQLInputValue[]) => {
          asked.push({ text, parameters })
          const begun = performance.now()
          const answer = target[name](...parameters)
          took(performance.now() - begun)
          return answer
        }
      },
    })
  }
}

/** Milliseconds of every call, in rounds over all queries. */
interface Timings {
  readonly compiled: number[]
  readonly bare: number[]
  /** Of each query, in its last round: whether the answer says all that there is to say. */
  readonly whole: boolean[]
  /** Of each query, the statement that took longest: the median of the rounds. */
  readonly longest: number[]
}

export interface FilterOptions {
  readonly runs: number
  readonly kinds: readonly Kind[]
  /** Told the figures of each query as they come. */
  readonly onQuery?: (line: string) => void
}

/** Asks every query of `queries.txt` several times. The tables are made at first use and kept: they take minutes. */
export function measureFilters(options: FilterOptions): ReadonlyMap<Kind, Timings> {
  const path = queryTables(options.runs)
  using database = new RecordingDatabase(path, { readOnly: true })
  using bare = new DatabaseSync(path, { readOnly: true })
  for (const one of [database, bare]) one.exec(readerCache)
  // Stands for the text index, which is another database: a rare word and a frequent one.
  const textMatches = (expression: string): { runs: number[]; complete: boolean } => ({
    runs: Array.from(
      { length: expression.includes('wire') ? 300 : 15_000 },
      (_, at) => ((at * 7_919) % options.runs) + 1,
    ),
    complete: true,
  })
  const ask: Record<Kind, (request: Request) => { readonly found: number; readonly isWhole: boolean }> = {
    runs: (request) => ({ found: queryRuns(database, { ...request, limit: 50 }).rows.length, isWhole: true }),
    actions: (request) => ({ found: queryActions(database, { ...request, limit: 50 }).rows.length, isWhole: true }),
    count: (request) => {
      const { count, bound } = countRuns(database, request)
      return { found: count, isWhole: bound !== 'time' }
    },
    facets: (request) => {
      const facets = facetRuns(database, { ...request, keys: facetKeys })
      return {
        found: facets.reduce((sum, { counted }) => sum + counted, 0),
        isWhole: facets.every(({ values }) => values.every(({ exact }) => exact)),
      }
    },
  }
  const timings = new Map<Kind, Timings>(
    options.kinds.map((kind) => [kind, { compiled: [], bare: [], whole: [], longest: [] }]),
  )
  for (const text of queryTexts()) {
    const { ast, problems } = parseQuery(text, { attributeKeys: new Set(['order', 'amount_minor']) })
    if (problems.length > 0) throw new Error(`${text}: ${problems[0]?.message}`)
    const cells = options.kinds.map((kind) => {
      const own = { compiled: [] as number[], bare: [] as number[], longest: [] as number[] }
      let answer = { found: 0, isWhole: true }
      for (let round = 0; round < (kind === 'facets' ? 3 : rounds); round += 1) {
        database.asked.length = 0
        database.longestMs = 0
        let begun = performance.now()
        answer = ask[kind]({ query: ast, nowMs, textMatches })
        own.compiled.push(performance.now() - begun)
        own.longest.push(database.longestMs)
        begun = performance.now()
        for (const { text: statement, parameters } of database.asked) bare.prepare(statement).all(...parameters)
        own.bare.push(performance.now() - begun)
      }
      const timing = timings.get(kind)
      timing?.compiled.push(...own.compiled)
      timing?.bare.push(...own.bare)
      timing?.whole.push(answer.isWhole)
      timing?.longest.push(quantile(own.longest, 0.5))
      return `${kind} ${fixed(quantile(own.compiled, 0.5))} (bare ${fixed(quantile(own.bare, 0.5))}, ${answer.isWhole ? ' ' : '≥'}${String(answer.found).padStart(5)})`
    })
    options.onQuery?.(`${cells.join('  ')}  ${text}`)
  }
  return timings
}

export function run(options: SuiteOptions): Promise<Row[]> {
  const runs = sized(options, 200_000)
  const timings = measureFilters({ runs, kinds })
  const rows = [...timings].flatMap(([kind, { compiled, bare, whole }]) => {
    const name = `filter ${runs * eventsPerRun} events, ${whole.length} queries, ${kind}`
    return [0.5, 0.95].map((share) =>
      rowOf(`${name}: p${share * 100}`, 'ms', [quantile(compiled, share)], {
        limitName: 'the same SQL in a bare process',
        limit: [quantile(bare, share)],
        ...(share === 0.95 && kind !== 'facets' && { target: { atMost: 50 } }),
      }),
    )
  })
  const all = [...timings.values()]
  const counts = timings.get('count')?.whole ?? []
  return Promise.resolve([
    ...rows,
    rowOf('counts that say "at least" because of the time', `of ${counts.length}`, [
      counts.filter((isWhole) => !isWhole).length,
    ]),
    rowOf(
      'longest statement, and so longest read transaction, of all of them',
      'ms',
      [Math.max(...all.flatMap(({ longest }) => longest))],
      { target: { atMost: 250 } },
    ),
  ])
}

function queryTexts(): string[] {
  return readFileSync(new URL('queries.txt', import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
}

/** The tables, made when they are not there or the schema or their maker has changed since. */
function queryTables(runs: number): string {
  const sql = new URL('../packages/store/sql/sqlite/', import.meta.url)
  const sources = [
    new URL('query-data.ts', import.meta.url),
    ...readdirSync(sql)
      .toSorted()
      .map((name) => new URL(name, sql)),
  ].map((file) => readFileSync(file, 'utf8'))
  const folder = join(benchRoot, 'counterfoil-bench-cache')
  const path = join(folder, `queries-${runs}-${hash('sha256', sources.join('\0')).slice(0, 12)}.db`)
  if (existsSync(path)) return path
  mkdirSync(folder, { recursive: true })
  const unfinished = `${path}.${process.pid}`
  try {
    const writer = new DatabaseSync(unfinished)
    writer.exec('PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-400000')
    migrate(writer, '')
    fillQueryTables(writer, runs, nowMs)
    writer.exec('PRAGMA journal_mode=WAL')
    writer.close()
    renameSync(unfinished, path)
  } finally {
    rmSync(unfinished, { force: true })
  }
  return path
}

function fixed(milliseconds: number): string {
  return milliseconds.toFixed(1).padStart(6)
}

if (import.meta.main) {
  const asked = (process.argv[3] ?? 'runs,actions,count').split(',')
  const timings = measureFilters({
    runs: Number(process.argv[2] ?? 200_000),
    kinds: kinds.filter((kind) => asked.includes(kind)),
    onQuery: (line) => process.stdout.write(`${line}\n`),
  })
  for (const [kind, { compiled, bare }] of timings) {
    const [p50, p95, worst] = [0.5, 0.95, 1].map((share) => fixed(quantile(compiled, share)))
    process.stdout.write(
      `${kind.padEnd(8)} p50 ${p50} ms, p95 ${p95} ms, worst ${worst} ms; bare p95 ${fixed(quantile(bare, 0.95))} ms\n`,
    )
  }
}
