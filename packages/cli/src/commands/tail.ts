import { Command } from 'commander'
import type { TailEntry } from '@counterfoil/ledger'
import { addOutputOptions, addPlaceOptions, wholeNumber, type OutputOptions, type PlaceOptions } from '../options.ts'
import { openSource } from '../source/open-source.ts'
import { createPaper, type Paper } from '../terminal/paper.ts'
import { visibleText } from '../terminal/visible-text.ts'
import { padText } from '../terminal/width.ts'

interface TailCommandOptions extends PlaceOptions, OutputOptions {
  readonly from?: number
  readonly count?: number
}

/** The members of a leaf that a line shows. */
interface Leaf {
  readonly recorded_at: string
  readonly event_type: string
  readonly run_id?: string
  readonly actor?: { readonly id: string }
  readonly action?: { readonly type: string }
  readonly target?: { readonly type: string; readonly id: string }
  readonly check?: { readonly name: string; readonly verdict: string }
  readonly tool?: { readonly name: string }
  readonly result?: string
  readonly workflow?: { readonly name: string }
}

export function createTailCommand(): Command {
  const command = new Command('tail')
    .summary('watch events as they are recorded')
    .description('Shows entries as they are recorded, until Ctrl-C. With a query, only those of runs that match it.')
    .argument('[query]', 'only entries of runs that match', '')
    .option(
      '--from <index>',
      'begin at this entry; 0 is the first (default: what comes next)',
      wholeNumber(0, Number.MAX_SAFE_INTEGER),
    )
    .option('--count <n>', 'end after so many entries', wholeNumber(1, Number.MAX_SAFE_INTEGER))
  addOutputOptions(addPlaceOptions(command))
  return command
    .addHelpText(
      'after',
      `\nWith --json, each line is a leaf exactly as it was hashed.\n\nExamples:\n  counterfoil tail\n  counterfoil tail 'action:refund.*'\n  counterfoil tail --from 0 --json > events.jsonl`,
    )
    .action(tail)
}

async function tail(query: string, options: TailCommandOptions): Promise<void> {
  await using source = await openSource(options)
  const paper = createPaper(options)
  const ending = new AbortController()
  const end = (): void => ending.abort()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, end)
  // Who reads us may go away, as head does.
  process.stdout.once('close', end)
  if (paper.isTerminal) process.stderr.write(`live from ${source.place}; Ctrl-C to stop\n`)
  let left = options.count ?? Infinity
  for await (const entry of source.tail({
    ...(options.from !== undefined && { from: options.from }),
    query,
    signal: ending.signal,
    onReconnect: (index) => process.stderr.write(`reconnected, going on at entry ${index}\n`),
  })) {
    if (options.json === true) paper.json(JSON.parse(entry.leaf))
    else paper.line(entryLine(entry, paper))
    if (--left <= 0) break
  }
  ending.abort()
}

function entryLine({ index, leaf }: TailEntry, paper: Paper): string {
  const event = JSON.parse(leaf) as Leaf
  const cells = [
    String(index),
    paper.isTerminal ? event.recorded_at.slice(11, 19) : event.recorded_at,
    event.event_type,
    what(event),
    event.run_id ?? '-',
  ]
  const safe = cells.map(visibleText)
  if (!paper.isTerminal) return safe.join('\t')
  const widths = [7, 8, 20, 40, 0]
  return safe
    .map((cell, at) => padText(cell, widths[at] ?? 0))
    .join('  ')
    .trimEnd()
}

function what({ action, target, check, tool, result, workflow, actor }: Leaf): string {
  const words = [
    action === undefined
      ? undefined
      : target === undefined
        ? action.type
        : `${action.type} on ${target.type} ${target.id}`,
    check === undefined ? undefined : `${check.name}: ${check.verdict}`,
    action === undefined ? tool?.name : undefined,
    workflow?.name,
    result,
  ].filter((word) => word !== undefined)
  return words.length > 0 ? words.join(', ') : (actor?.id ?? '-')
}
