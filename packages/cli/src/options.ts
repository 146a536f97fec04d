import { type Command, InvalidArgumentError } from 'commander'
import type { PaperOptions } from './terminal/paper.ts'

/** The data directory when none is named. */
export const defaultData = './counterfoil-data'

/** Where a log is. */
export interface PlaceOptions {
  readonly data?: string
  readonly url?: string
  readonly key?: string
  readonly log?: string
}

export interface OutputOptions extends PaperOptions {
  readonly json?: boolean
}

/** `--data` or `--url`, for verbs that work both ways. */
export function addPlaceOptions(command: Command): Command {
  return addDataOption(command)
    .option('--url <url>', 'a running server, in place of a data directory')
    .option('--key <key>', 'API key for --url; better in COUNTERFOIL_API_KEY, where other users cannot see it')
}

/** `--data` alone, for verbs that need the files. */
export function addDataOption(command: Command): Command {
  return command
    .option('--data <dir>', `data directory (default: ${defaultData})`)
    .option('--log <name>', 'which log, where there are several')
}

export function addOutputOptions(command: Command): Command {
  return command
    .option('--json', 'for scripts: JSON, one value a line')
    .option('--plain', 'no colour and no columns, as in a pipe (NO_COLOR is respected too)')
    .option('--ascii', 'our own signs in ASCII')
}

/** Parses a whole number of an option. */
export function wholeNumber(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const number = /^[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (!(number >= minimum && number <= maximum)) {
      throw new InvalidArgumentError(`It is a whole number from ${minimum} to ${maximum}.`)
    }
    return number
  }
}

/** Collects an option that may stand several times, or once with commas. */
export function wordList(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), ...text.split(',').filter((word) => word !== '')]
}
