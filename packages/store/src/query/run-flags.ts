import { questions } from '../projection/rows.ts'

const questionByWord: Readonly<Record<string, (typeof questions)[number]>> = {
  trigger: 'trigger',
  context: 'context',
  proposal: 'proposal',
  check: 'checks',
  approval: 'approval',
  effect: 'effect',
}

/** The place (from 1) of the answer that a word of `has:` asks for. */
export function answerPlace(word: string): number | undefined {
  const question = questionByWord[word]
  return question === undefined ? undefined : questions.indexOf(question) + 1
}

const flagByWord: Readonly<Record<string, string>> = {
  edit: 'edited',
  gap: 'gap',
  late: 'late_events',
  error: 'errors',
  redaction: 'redacted',
  imported: 'imported',
  erased: 'erased',
  stopped: 'stopped',
}

/** The flag of a run that a word of `has:` or `is:` asks for. */
export function runFlagOf(word: string): string | undefined {
  return flagByWord[word]
}
