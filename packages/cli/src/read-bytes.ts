import { readFile } from 'node:fs/promises'
import { CliError } from './cli-error.ts'

/** The bytes of a file; `-` is standard input. @throws CliError */
export async function readBytes(file: string): Promise<Uint8Array> {
  if (file === '-') return readStdin()
  try {
    return await readFile(file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') throw new CliError('file_not_found', `There is no file ${file}.`, { cause: error })
    throw new CliError('file_unreadable', `${file} cannot be read (${code ?? 'unknown'}).`, { cause: error })
  }
}

async function readStdin(): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
