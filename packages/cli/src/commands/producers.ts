import { Command, Option } from 'commander'
import type { ProducerReport, ProducerStatus } from '@counterfoil/ledger'
import { addOutputOptions, addPlaceOptions, wholeNumber, type OutputOptions, type PlaceOptions } from '../options.ts'
import { openSource } from '../source/open-source.ts'
import { createPaper } from '../terminal/paper.ts'
import { tableLines, type Column } from '../terminal/table.ts'
import { visibleText } from '../terminal/visible-text.ts'

interface ProducersOptions extends PlaceOptions, OutputOptions {
  readonly status?: ProducerStatus
  readonly limit: number
}

const limitDefault = 50
const pageMax = 200

export function createProducersCommand(): Command {
  const command = new Command('producers')
    .summary('which processes record, which went silent, and what of them is missing')
    .description(
      'Lists the processes that record events, newest first. Each numbers what it sends: a number that does not come is a gap, and one that is not heard any more without having said goodbye is silent.',
    )
    .addOption(new Option('--status <status>', 'only these').choices(['active', 'silent', 'stopped']))
    .option('--limit <n>', 'at most so many', wholeNumber(1, 1_000_000), limitDefault)
  addOutputOptions(addPlaceOptions(command))
  return command
    .addHelpText(
      'after',
      `\nWith --json: one producer a line, as in GET /v1/producers.\n\nExamples:\n  counterfoil producers\n  counterfoil producers --status silent\n  counterfoil search 'status:stalled'      the runs that silent ones left`,
    )
    .action(listProducers)
}

async function listProducers({ status, limit, ...options }: ProducersOptions): Promise<void> {
  await using source = await openSource(options)
  const paper = createPaper(options)
  const found: ProducerReport[] = []
  let cursor: string | undefined
  do {
    const page = await source.producers({
      limit: Math.min(pageMax, limit - found.length),
      ...(status !== undefined && { status }),
      ...(cursor !== undefined && { cursor }),
    })
    found.push(...page.producers)
    cursor = page.next
  } while (cursor !== undefined && found.length < limit)
  if (options.json === true) for (const producer of found) paper.json(producer)
  else for (const line of tableLines(found, columns, paper)) paper.line(line)
}

const columns: readonly Column<ProducerReport>[] = [
  { title: 'STATUS', cell: ({ status }) => status },
  { title: 'LAST SEEN', cell: ({ last_seen_at: at }) => at },
  { title: 'SENT', cell: ({ highest_seq: highest }) => String(highest + 1) },
  { title: 'MISSING', cell: ({ missing }) => missingText(missing), shrinkTo: 10 },
  { title: 'KEY', cell: ({ key_id: id }) => visibleText(id) },
  { title: 'INSTANCE', cell: ({ instance }) => visibleText(instance), shrinkTo: 12 },
]

/** `12-13, 17`, or a dash. */
function missingText(missing: ProducerReport['missing']): string {
  const ranges = missing.map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`))
  return ranges.length === 0 ? '-' : ranges.join(', ')
}
