import { ActionMapError, parseActionMapText, type ActionMap } from '@counterfoil/schema/action-map'
import { CliError } from '../cli-error.ts'
import { readBytes } from '../read-bytes.ts'

/** Reads an action map. @throws CliError with the place of what is wrong */
export async function readActionMap(file: string): Promise<ActionMap> {
  const text = Buffer.from(await readBytes(file)).toString('utf8')
  try {
    return parseActionMapText(text)
  } catch (error) {
    if (!(error instanceof ActionMapError)) throw error
    const at = error.pointer === '' ? '' : ` at ${error.pointer}`
    throw new CliError(
      error.code,
      `The action map ${file} cannot be used${at}: ${error.message} Nothing was imported.`,
      { cause: error },
    )
  }
}
