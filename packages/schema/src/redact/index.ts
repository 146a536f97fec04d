export { keyRules } from './key-rules.ts'
export { toMarker, type Redaction } from './redaction.ts'
export { createRedactor, defaultTextRules, type Redactor, type RedactorOptions } from './redactor.ts'
export type { KeyRule, TextRule } from './rule.ts'
