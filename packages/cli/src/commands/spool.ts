import { existsSync } from 'node:fs'
import { Command } from 'commander'
import {
  forgetLogs,
  listDeadLetters,
  listSpool,
  retryDeadLetters,
  type DeadLetter,
  type SpoolFolder,
} from '@counterfoil/sdk/spool'
import { CliError } from '../cli-error.ts'
import { addOutputOptions, type OutputOptions } from '../options.ts'
import { createPaper, type Paper } from '../terminal/paper.ts'
import { tableLines, type Column } from '../terminal/table.ts'
import { visibleText } from '../terminal/visible-text.ts'

interface SpoolOptions extends OutputOptions {
  readonly spool?: string
}

/** Where recorders keep events when nothing else is said. */
const defaultSpool = './counterfoil-spool'

export function createSpoolCommand(): Command {
  const spool = new Command('spool')
    .summary('what recorders on this machine have not delivered, and what the log refused')
    .description(
      'The folder in which recorders keep events until the log has them. It is read beside running recorders; what is put back is sent by the next one, or within a minute by one that runs.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  counterfoil spool\n  counterfoil spool list\n  counterfoil spool show 0197f3c2-…\n  counterfoil spool retry\n  counterfoil spool accept-log http://127.0.0.1:7717',
    )
  const state = new Command('state').description('what waits, by process').action(showState)
  const list = new Command('list').description('events that the log refused for good').action(listLetters)
  const show = new Command('show')
    .description('a refused event, whole, and why it was refused')
    .argument('<event>', 'event id, or the beginning of one')
    .action(showLetter)
  const retry = new Command('retry')
    .description('puts refused events back among those to be sent; all when none is named')
    .argument('[event...]', 'event ids')
    .action(retryLetters)
  const accept = new Command('accept-log')
    .description('accepts the log behind a URL as it is now, after a recorder has said that it is not what it was')
    .argument('<url>')
    .action(acceptLog)
  spool.addCommand(addSpoolOptions(state), { isDefault: true })
  for (const command of [list, show, retry, accept]) spool.addCommand(addSpoolOptions(command))
  return spool
}

function addSpoolOptions(command: Command): Command {
  return addOutputOptions(
    command.option('--spool <dir>', `folder of the spool (default: COUNTERFOIL_SPOOL, else ${defaultSpool})`),
  )
}

function showState(options: SpoolOptions): void {
  const root = spoolOf(options)
  const folders = listSpool(root)
  const deadLetters = listDeadLetters(root).length
  const paper = createPaper(options)
  if (options.json === true) {
    for (const { isLive, damagedBytes, ...folder } of folders) {
      paper.json({ ...folder, is_live: isLive, damaged_bytes: damagedBytes })
    }
    return paper.json({ dead_letters: deadLetters })
  }
  if (folders.length === 0) paper.line('nothing waits')
  else for (const line of tableLines(folders, folderColumns, paper)) paper.line(line)
  if (deadLetters > 0) paper.line(`${deadLetters} refused for good: counterfoil spool list`)
}

const folderColumns: readonly Column<SpoolFolder>[] = [
  { title: 'EVENTS', cell: ({ events }) => String(events) },
  { title: 'BYTES', cell: ({ bytes }) => String(bytes) },
  { title: 'PROCESS', cell: ({ isLive }) => (isLive ? 'lives' : 'gone') },
  { title: 'DAMAGED', cell: ({ damagedBytes }) => (damagedBytes === 0 ? '-' : `${damagedBytes} bytes`) },
  { title: 'LOG', cell: ({ place }) => visibleText(place ?? '?'), shrinkTo: 12 },
  { title: 'FOLDER', cell: ({ folder }) => visibleText(folder), shrinkTo: 16 },
]

function listLetters(options: SpoolOptions): void {
  const letters = listDeadLetters(spoolOf(options))
  const paper = createPaper(options)
  if (options.json === true) for (const letter of letters) paper.json(toWire(letter))
  else if (letters.length === 0) paper.line('nothing was refused')
  else for (const line of tableLines(letters, letterColumns, paper)) paper.line(line)
}

const letterColumns: readonly Column<DeadLetter>[] = [
  { title: 'EVENT', cell: ({ eventId }) => visibleText(eventId) },
  { title: 'TYPE', cell: ({ eventType }) => visibleText(eventType) },
  { title: 'CODE', cell: ({ code }) => visibleText(code) },
  { title: 'AT', cell: ({ pointer }) => visibleText(pointer ?? '-'), shrinkTo: 8 },
  { title: 'REFUSED', cell: ({ at }) => visibleText(at) },
]

function showLetter(id: string, options: SpoolOptions): void {
  const letters = listDeadLetters(spoolOf(options)).filter(({ eventId }) => eventId.startsWith(id))
  const letter = letters.at(-1)
  if (letter === undefined) throw new CliError('event_unknown', `No refused event is called ${visibleText(id)}.`)
  const paper = createPaper(options)
  if (options.json === true) return paper.json(toWire(letter))
  writeLetter(letter, paper)
}

function writeLetter({ eventId, eventType, code, message, pointer, at, to, event }: DeadLetter, paper: Paper): void {
  paper.line(`${visibleText(eventType)} ${visibleText(eventId)}`)
  paper.line(`refused by ${visibleText(to.place)} at ${visibleText(at)}`)
  paper.line(
    `${visibleText(code)}${pointer === undefined ? '' : ` at ${visibleText(pointer)}`}: ${visibleText(message)}`,
  )
  paper.line()
  for (const line of JSON.stringify(JSON.parse(event), undefined, 2).split('\n')) paper.line(visibleText(line))
}

function retryLetters(ids: readonly string[], options: SpoolOptions): void {
  const root = spoolOf(options)
  const known = new Set(listDeadLetters(root).map(({ eventId }) => eventId))
  const unknown = ids.find((id) => !known.has(id))
  if (unknown !== undefined) {
    throw new CliError('event_unknown', `No refused event is called ${visibleText(unknown)}. Nothing was put back.`)
  }
  const count = retryDeadLetters(root, ids.length === 0 ? undefined : new Set(ids))
  const paper = createPaper(options)
  if (options.json === true) paper.json({ put_back: count })
  else paper.line(`${count} put back; the next recorder on this spool sends them`)
}

function acceptLog(url: string, options: SpoolOptions): void {
  const place = url.replace(/\/+$/, '')
  const count = forgetLogs(spoolOf(options), place)
  if (count === 0) throw new CliError('not_found', `Nothing is remembered of a log at ${visibleText(place)}.`)
  const paper = createPaper(options)
  if (options.json === true) paper.json({ place, forgotten: count })
  else paper.line(`accepted: recorders take the log at ${visibleText(place)} as it is when they next ask it`)
}

function toWire({ eventId, eventType, to, event, ...rest }: DeadLetter): object {
  return { event_id: eventId, event_type: eventType, ...rest, place: to.place, event: JSON.parse(event) as unknown }
}

function spoolOf(options: SpoolOptions): string {
  const root = options.spool ?? process.env['COUNTERFOIL_SPOOL'] ?? defaultSpool
  if (existsSync(root)) return root
  throw new CliError('file_not_found', `There is no spool at ${visibleText(root)}.`, {
    advice: 'Name the folder that the recorder uses with --spool or COUNTERFOIL_SPOOL.',
  })
}
