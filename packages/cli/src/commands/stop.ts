import { Command } from 'commander'
import { usageError } from '../cli-error.ts'
import { addOutputOptions, addPlaceOptions, type OutputOptions, type PlaceOptions } from '../options.ts'
import { openSource } from '../source/open-source.ts'
import { createPaper } from '../terminal/paper.ts'
import { visibleText } from '../terminal/visible-text.ts'

interface StopOptions extends PlaceOptions, OutputOptions {
  readonly reason?: string
  readonly actor?: string
}

export function createStopCommand(): Command {
  const command = new Command('stop')
    .summary('stop a run: its agent is allowed no further action')
    .description(
      'Records that a person stops a run. Every later acknowledgement of the run says so, and a recorder that waits for them, as it does before each action with an effect, lets none run any more. What has happened stays as it is.',
    )
    .argument('<run>', 'run id, or the beginning of one')
    .option('--reason <code>', 'why, in one word such as customer_request (default: run_stopped)')
    .option('--actor <id>', 'who stops it: an opaque id, never a name (default: the key, or "local")')
  addOutputOptions(addPlaceOptions(command))
  return command
    .addHelpText(
      'after',
      `\nWith --json: the body of POST /v1/runs/<id>/stop.\n\nExamples:\n  counterfoil stop 0197f3c2 --url http://127.0.0.1:7717\n  counterfoil stop 0197f3c2 --reason wrong_customer`,
    )
    .action(stop)
}

async function stop(id: string, options: StopOptions): Promise<void> {
  if (id === '') throw usageError('Give a run id, or the beginning of one.')
  await using source = await openSource(options, 'change')
  // A run is stopped by its whole id: what another begins like tomorrow must not matter today.
  const { run } = await source.run(id)
  const report = await source.stop(run.run_id, {
    ...(options.reason !== undefined && { reasonCode: options.reason }),
    ...(options.actor !== undefined && { actorId: options.actor }),
  })
  const paper = createPaper(options)
  if (options.json === true) return paper.json(report)
  const { run_id: runId, stop: order, already_stopped: isKnown } = report
  const words = `${visibleText(runId)}, by ${visibleText(order.actor_id)} at ${order.at} (${visibleText(order.reason_code)})`
  paper.line(isKnown ? `was stopped before: ${words}` : `stopped ${words}`)
}
