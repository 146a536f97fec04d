import { Command } from 'commander'
import type { ApiKeyReport, Scope } from '@counterfoil/ledger'
import { usageError } from '../cli-error.ts'
import { addOutputOptions, addPlaceOptions, wordList, type OutputOptions, type PlaceOptions } from '../options.ts'
import { openKeyRing } from '../source/open-key-ring.ts'
import { createPaper, type Paper } from '../terminal/paper.ts'
import { tableLines, type Column } from '../terminal/table.ts'
import { visibleText } from '../terminal/visible-text.ts'

interface KeyOptions extends PlaceOptions, OutputOptions {}

interface CreateOptions extends KeyOptions {
  readonly scope?: readonly string[]
  readonly name?: string
}

/** In the order of the documentation; `@counterfoil/ledger` has the same list. */
const scopeMeanings: Readonly<Record<Scope, string>> = {
  ingest: 'record what an agent does',
  policy: 'record checks on any run',
  observe: 'record what an independent source saw',
  read: 'search and read',
  admin: 'all of this, and make keys',
}

export function createKeysCommand(): Command {
  const meanings = Object.entries(scopeMeanings).map(([scope, meaning]) => `  ${scope.padEnd(9)}${meaning}`)
  const keys = new Command('keys')
    .summary('make, list and revoke API keys')
    .description('API keys of one log. A key is shown once, when it is made; the log keeps its hash alone.')
    .addHelpText(
      'after',
      `\nScopes:\n${meanings.join('\n')}\n\nExamples:\n  counterfoil keys create --scope ingest --name refund-bot\n  counterfoil keys create --scope read --url http://127.0.0.1:7717\n  counterfoil keys list\n  counterfoil keys revoke k_0123456789abcdef`,
    )
  const create = new Command('create')
    .description('make a key')
    .option('--scope <scope>', 'what it may do; several with commas or several times', wordList)
    .option('--name <name>', 'to tell it from others')
    .action(createKey)
  const list = new Command('list').description('list keys, without their secrets').action(listKeys)
  const revoke = new Command('revoke')
    .description('revoke a key: it opens nothing any more')
    .argument('<id>')
    .action(revokeKey)
  for (const command of [create, list, revoke]) keys.addCommand(addOutputOptions(addPlaceOptions(command)))
  return keys
}

async function createKey({ scope, name, ...options }: CreateOptions): Promise<void> {
  const known = Object.keys(scopeMeanings)
  const unknown = (scope ?? []).find((word) => !known.includes(word))
  if (unknown !== undefined) throw usageError(`There is no scope ${unknown}.`, `Scopes: ${known.join(', ')}.`)
  if (scope === undefined || scope.length === 0)
    throw usageError('A key needs --scope.', `Scopes: ${known.join(', ')}.`)
  await using ring = await openKeyRing(options, { make: true })
  const { key, report } = await ring.create({
    scopes: [...new Set(scope)] as Scope[],
    ...(name !== undefined && { name }),
  })
  const paper = createPaper(options)
  if (options.json === true) return paper.json({ key, id: report.id, log: report.log, scopes: report.scopes })
  paper.line(key)
  process.stderr.write(
    `made key ${report.id} for the log ${report.log} (${report.scopes.join(', ')}); it is shown this one time\n`,
  )
}

async function listKeys(options: KeyOptions): Promise<void> {
  await using ring = await openKeyRing(options)
  const keys = await ring.list()
  const paper = createPaper(options)
  if (options.json === true) for (const key of keys) paper.json(key)
  else for (const line of tableLines(keys, columns(paper), paper)) paper.line(line)
}

function columns(paper: Paper): readonly Column<ApiKeyReport>[] {
  // A person wants the day; a script the moment.
  const when = (at: string): string => (paper.isTerminal ? at.slice(0, 10) : at)
  return [
    { title: 'KEY', cell: ({ id }) => visibleText(id) },
    { title: 'NAME', cell: ({ name }) => visibleText(name), shrinkTo: 10 },
    { title: 'SCOPES', cell: ({ scopes }) => visibleText(scopes.join(',')) },
    { title: 'MADE', cell: ({ created_at: at }) => when(at) },
    { title: 'REVOKED', cell: ({ revoked_at: at }) => (at === undefined ? '-' : when(at)) },
  ]
}

async function revokeKey(id: string, options: KeyOptions): Promise<void> {
  await using ring = await openKeyRing(options)
  await ring.revoke(id)
  const paper = createPaper(options)
  if (options.json === true) paper.json({ id, revoked: true })
  else paper.line(`revoked ${visibleText(id)}`)
}
