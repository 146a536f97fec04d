import { styleText } from 'node:util'
import { visibleJson } from './visible-text.ts'

type Tone = Parameters<typeof styleText>[0]

export interface PaperOptions {
  /** No colour and no columns, as in a pipe. */
  readonly plain?: boolean
  /** Our own signs in ASCII. */
  readonly ascii?: boolean
}

/** Where results are written: standard output, with what it can show. */
export interface Paper {
  /** A person is looking: columns, colour, the width of the window. */
  readonly isTerminal: boolean
  readonly ascii: boolean
  /** Cells of a line. */
  readonly width: number
  style(tone: Tone, text: string): string
  line(text?: string): void
  /** One JSON value on one line; exact in a pipe, escaped on a terminal (the same value). */
  json(value: unknown): void
}

const pipeWidth = 100
const widthMax = 120

export function createPaper(options: PaperOptions, stream: NodeJS.WriteStream = process.stdout): Paper {
  const isTerminal = stream.isTTY && options.plain !== true
  return {
    isTerminal,
    ascii: options.ascii === true,
    width: isTerminal ? Math.min(stream.columns || pipeWidth, widthMax) : pipeWidth,
    // styleText itself asks the stream and NO_COLOR.
    style: (tone, text) => (isTerminal && tone !== 'reset' ? styleText(tone, text, { stream }) : text),
    line: (text = '') => void stream.write(`${options.ascii === true ? asciiSigns(text) : text}\n`),
    json: (value) => {
      const text = JSON.stringify(value)
      stream.write(`${stream.isTTY ? visibleJson(text) : text}\n`)
    },
  }
}

const signs: readonly (readonly [string, string])[] = [
  ['’', "'"],
  ['“', '"'],
  ['”', '"'],
  ['…', '...'],
  ['×', 'x'],
  ['→', '->'],
  ['⟦', '<'],
  ['⟧', '>'],
]

/** The typographic signs that we use, for terminals that cannot show them. Letters of any script stay. */
function asciiSigns(text: string): string {
  return signs.reduce((line, [sign, ascii]) => line.replaceAll(sign, ascii), text)
}
