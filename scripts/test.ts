// npm test [-- --long] [-- vitest arguments]: builds, runs the tests, and ends with one line of counts.
import { complaint, countLine, runTests } from './test-run.ts'
import { root, runTool } from './tool.ts'

const args = process.argv.slice(2)
const long = args.includes('--long')
const vitestArgs = args.filter((arg) => arg !== '--long')

// Tests that spawn the program start what was built, not the sources.
const build = await runTool('tsc', ['-b'], { inherit: true })

const run = await runTests({
  cwd: root,
  args: vitestArgs,
  env: { ...process.env, ...(long && { COUNTERFOIL_LONG: '1' }) },
  inherit: true,
})

// A build that failed counts as one failure, so that the last line never claims more than is true.
const counts = build.code === 0 ? run.counts : { ...run.counts, failed: run.counts.failed + 1 }
const problem = build.code === 0 ? complaint(counts, process.env['CI'] === 'true') : 'The build failed (see above).'
if (problem !== undefined) console.log(problem)
console.log(countLine(counts))
process.exitCode = problem === undefined && run.code === 0 ? 0 : 1
