import { Command } from 'commander'
import type { RunPage, RunSummary } from '@counterfoil/ledger'
import { addOutputOptions, addPlaceOptions, wholeNumber, type OutputOptions, type PlaceOptions } from '../options.ts'
import { openSource } from '../source/open-source.ts'
import type { Source } from '../source/source.ts'
import { createPaper, type Paper } from '../terminal/paper.ts'
import { countText } from '../terminal/progress.ts'
import { outcomeText, outcomeTone } from '../terminal/signs.ts'
import { tableLines, type Column } from '../terminal/table.ts'
import { visibleText } from '../terminal/visible-text.ts'

interface SearchOptions extends PlaceOptions, OutputOptions {
  readonly limit: number
}

const limitDefault = 20
const limitMax = 1_000_000

export function createSearchCommand(): Command {
  const command = new Command('search')
    .summary('find runs')
    .description('Finds runs, newest first. The empty query is all. The language is in docs/reference/query.md.')
    .argument('[query]', 'what to look for', '')
    .option('--limit <n>', 'how many at most', wholeNumber(1, limitMax), limitDefault)
  addOutputOptions(addPlaceOptions(command))
  return command
    .addHelpText(
      'after',
      `\nExamples:\n  counterfoil search ''\n  counterfoil search 'outcome:failed,mismatch after:-7d'\n  counterfoil search 'action:refund.* amount:>=500 -has:approval' --limit 100\n  counterfoil search '"wire transfer"' --json`,
    )
    .action(search)
}

async function search(query: string, options: SearchOptions): Promise<void> {
  await using source = await openSource(options)
  const paper = createPaper(options)
  const runs: RunSummary[] = []
  let last: RunPage | undefined
  for await (const page of pages(source, query, options.limit)) {
    last = page
    if (options.json === true) for (const run of page.runs) paper.json(run)
    else runs.push(...page.runs)
  }
  if (options.json === true || last === undefined) return
  for (const line of tableLines(runs, columns(paper), paper)) paper.line(line)
  process.stderr.write(`${summary(runs.length, last)}\n`)
}

/** As many pages as the limit needs. */
async function* pages(source: Source, query: string, limit: number): AsyncIterable<RunPage> {
  const { limits } = await import('@counterfoil/schema')
  let left = limit
  let cursor: string | undefined
  do {
    const page = await source.runs({
      query,
      limit: Math.min(left, limits.pageItemsMax),
      ...(cursor !== undefined && { cursor }),
    })
    yield page
    left -= page.runs.length
    cursor = page.next
  } while (cursor !== undefined && left > 0)
}

/** The columns of a run; their order is a promise to scripts. */
function columns(paper: Paper): Column<RunSummary>[] {
  return [
    { title: 'STARTED', cell: (run) => startText(run, paper) },
    { title: 'OUTCOME', cell: (run) => outcomeText(run.outcome, paper), tone: (run) => outcomeTone(run.outcome) },
    { title: 'WORKFLOW', cell: (run) => visibleText(workflowText(run)), shrinkTo: 12 },
    { title: 'CUSTOMER', cell: (run) => visibleText(run.customer_id ?? '-'), shrinkTo: 8 },
    { title: 'ACTIONS', cell: (run) => String(run.actions) },
    { title: 'RUN', cell: (run) => visibleText(run.run_id) },
  ]
}

function startText(run: RunSummary, paper: Paper): string {
  return paper.isTerminal ? `${run.started_at.slice(0, 16).replace('T', ' ')}Z` : run.started_at
}

function workflowText({ workflow, trigger }: RunSummary): string {
  const name =
    workflow === undefined ? '-' : [workflow.name, workflow.version].filter((part) => part !== undefined).join(' ')
  // An import's reference is a position in its file, and says nothing to a person.
  return trigger?.ref === undefined || trigger.ref.startsWith('message:') ? name : `${name} (${trigger.ref})`
}

function summary(shown: number, page: RunPage): string {
  const total = `${page.total.exact ? '' : 'at least '}${countText(page.total.count)}`
  if (page.total.count === 0) return `no runs. ${visibleText(page.understood)}`
  const more = shown < page.total.count ? ' Show more with --limit.' : ''
  return `${countText(shown)} of ${total} ${page.total.count === 1 ? 'run' : 'runs'}. ${visibleText(page.understood)}.${more}`
}
