import { writeFile } from 'node:fs/promises'
import { Command } from 'commander'
import { leafHash, parseTlogProof, TlogError, verifyTlogProof } from '@counterfoil/tlog'
import { createVerifier, nodeCrypto } from '@counterfoil/tlog/node'
import { CliError, usageError } from '../cli-error.ts'
import { exitCodes } from '../exit-codes.ts'
import { readBytes } from '../read-bytes.ts'
import { addOutputOptions, addPlaceOptions, type OutputOptions, type PlaceOptions } from '../options.ts'
import { openSource } from '../source/open-source.ts'
import { createPaper } from '../terminal/paper.ts'
import { visibleText } from '../terminal/visible-text.ts'

interface ProofOptions extends PlaceOptions, OutputOptions {
  readonly output?: string
  readonly check?: string
  readonly vkey?: string
}

export function createProofCommand(): Command {
  const command = new Command('proof')
    .summary('prove one event to somebody else, or check such a proof')
    .description(
      'Writes a C2SP tlog-proof file: the event as it was hashed, its path in the tree, and the signed checkpoint. With --check it verifies such a file, offline, with nothing but the verifier key.',
    )
    .argument('[event]', 'event id')
    .option('-o, --output <file>', 'write to this file, in place of standard output')
    .option('--check <file>', 'verify this proof file (- is standard input)')
    .option(
      '--vkey <key>',
      'verifier key of the log, for --check; get it from somebody other than who gave you the proof',
    )
  addOutputOptions(addPlaceOptions(command))
  return command
    .addHelpText(
      'after',
      `\nExit codes of --check: 0 the proof holds, 3 it does not, 4 it could not be verified (no key, no file).\n\nExamples:\n  counterfoil proof 0197f3c2-6d1e-8a42-9c55-0d6f1f2a3b4c -o event.tlog-proof\n  counterfoil proof --check event.tlog-proof --vkey 'example.com/log+1a2b3c4d+AZ…'`,
    )
    .action(proof)
}

async function proof(event: string | undefined, options: ProofOptions): Promise<void> {
  if ((event === undefined) === (options.check === undefined))
    throw usageError('Give either an event id, or --check with a proof file.')
  if (event !== undefined) return makeProof(event, options)
  return checkProof(options.check ?? '', options)
}

async function makeProof(event: string, options: ProofOptions): Promise<void> {
  await using source = await openSource(options)
  const report = await source.event(event)
  if (options.output === undefined) {
    if (options.json === true) createPaper(options).json(report)
    else process.stdout.write(report.tlog_proof)
    return
  }
  try {
    await writeFile(options.output, report.tlog_proof, { flag: 'wx' })
  } catch (error) {
    const exists = (error as NodeJS.ErrnoException).code === 'EEXIST'
    throw new CliError(
      exists ? 'file_exists' : 'file_unwritable',
      `${options.output} ${exists ? 'is there already' : 'cannot be written'}. Nothing was written.`,
      { cause: error },
    )
  }
  const { vkey } = await source.report()
  if (options.json === true) createPaper(options).json(report)
  else
    process.stderr.write(
      `wrote ${options.output}; check it with: counterfoil proof --check ${options.output} --vkey '${vkey}'\n`,
    )
}

async function checkProof(file: string, options: ProofOptions): Promise<void> {
  if (options.vkey === undefined)
    throw couldNot(
      'A proof is checked with the verifier key of its log, and none was given.',
      '--vkey KEY; a server tells its key at /v1/log, and its operator should tell it elsewhere too.',
    )
  let verifier
  let bytes
  try {
    verifier = createVerifier(options.vkey)
    bytes = await readBytes(file)
  } catch (error) {
    if (error instanceof TlogError)
      throw couldNot(
        `--vkey is no verifier key (${error.message}).`,
        'It looks like: example.com/log+1a2b3c4d+AZ…',
        error,
      )
    throw couldNot((error as Error).message, '', error)
  }
  const paper = createPaper(options)
  try {
    const { extra } = parseTlogProof(bytes)
    if (extra === undefined)
      throw couldNot(
        'The file does not carry the event that it proves.',
        'Proof files of this program do: counterfoil proof <event>',
      )
    const origin = verifier.name
    const { index, checkpoint } = verifyTlogProof(nodeCrypto, bytes, {
      origin,
      verifiers: [verifier],
      leafHash: leafHash(nodeCrypto, extra),
    })
    const leaf = Buffer.from(extra).toString('utf8')
    if (options.json === true)
      return paper.json({ ok: true, origin, index, size: checkpoint.size, event: JSON.parse(leaf) })
    paper.line(
      `OK: this event is entry ${index} of the log ${visibleText(origin)}, which had ${checkpoint.size} entries then, signed by its key.`,
    )
    paper.line(visibleText(leaf))
  } catch (error) {
    if (!(error instanceof TlogError)) throw error
    process.exitCode = exitCodes.verificationFailed
    if (options.json === true) return paper.json({ ok: false, code: error.code, message: error.message })
    paper.line(`FAILED: ${visibleText(error.message)} [${error.code}]. The file proves nothing with this key.`)
  }
}

function couldNot(message: string, advice: string, cause?: unknown): CliError {
  return new CliError('could_not_verify', message, { advice, exitCode: exitCodes.couldNotVerify, cause })
}
