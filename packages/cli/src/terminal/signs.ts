import type { RunSummary } from '@counterfoil/ledger'
import type { Paper } from './paper.ts'

type Outcome = RunSummary['outcome']
type Grade = RunSummary['grades'][string]

interface Sign {
  readonly glyph: string
  readonly ascii: string
  readonly tone: Parameters<Paper['style']>[0]
}

const outcomeSigns: Readonly<Record<Outcome, Sign>> = {
  done: { glyph: '✓', ascii: 'ok', tone: 'reset' },
  running: { glyph: '◌', ascii: '..', tone: 'reset' },
  waiting: { glyph: '◔', ascii: '--', tone: 'cyan' },
  rejected: { glyph: '⊘', ascii: 'no', tone: 'cyan' },
  blocked: { glyph: '■', ascii: '##', tone: 'yellow' },
  unconfirmed: { glyph: '?', ascii: '??', tone: 'yellow' },
  failed: { glyph: '✕', ascii: '!!', tone: 'red' },
  mismatch: { glyph: '≠', ascii: '!=', tone: ['red', 'bold'] },
}

const gradeSigns: Readonly<Record<string, Sign>> = {
  observed: { glyph: '●', ascii: '@', tone: 'reset' },
  claimed: { glyph: '◐', ascii: 'o', tone: 'reset' },
  inferred: { glyph: '◌', ascii: '~', tone: 'dim' },
  none: { glyph: '○', ascii: '-', tone: 'dim' },
  missing: { glyph: '○', ascii: '!', tone: 'yellow' },
}

/** `✓ done`: the word always stands beside the sign. In a pipe the word alone, so that it can be searched for. */
export function outcomeText(outcome: Outcome, paper: Paper): string {
  if (!paper.isTerminal) return outcome
  const { glyph, ascii } = outcomeSigns[outcome]
  return `${paper.ascii ? ascii : glyph} ${outcome}`
}

export function outcomeTone(outcome: Outcome): Sign['tone'] {
  return outcomeSigns[outcome].tone
}

/** `◌ inferred`. */
export function gradeText(grade: Grade, paper: Paper): string {
  const sign = gradeSigns[grade]
  return sign === undefined ? grade : `${paper.ascii ? sign.ascii : sign.glyph} ${grade}`
}

export function gradeTone(grade: Grade): Sign['tone'] {
  return gradeSigns[grade]?.tone ?? 'reset'
}

const gradeMeanings: readonly (readonly [Grade, string])[] = [
  ['observed', 'an independent source saw it'],
  ['claimed', 'the agent’s side said so'],
  ['inferred', 'derived by an importer'],
  ['none', 'nothing was needed'],
  ['missing', 'not on record'],
]

/** What the grades mean, one a line. */
export function gradeLegend(paper: Paper): string[] {
  return gradeMeanings.map(([grade, meaning]) => `${gradeText(grade, paper)}: ${meaning}`)
}
