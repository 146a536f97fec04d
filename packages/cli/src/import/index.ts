import { claudeCode } from './claude-code.ts'
import type { Importer } from './importer.ts'
import { ndjson } from './ndjson.ts'
import { openaiChat } from './openai-chat.ts'

export {
  rejectionCodes,
  type ImportedEvent,
  type ImportedRun,
  type Importer,
  type ImportInput,
  type ImportItem,
  type ImportOptions,
  type Rejection,
  type RejectionCode,
} from './importer.ts'
export { actionMapDigest } from './run-builder.ts'

/** Every importer, by the name that `counterfoil import` takes. */
export const importers: readonly Importer[] = [openaiChat, claudeCode, ndjson]

export function findImporter(name: string): Importer | undefined {
  return importers.find((importer) => importer.name === name)
}
