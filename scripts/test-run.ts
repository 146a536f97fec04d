import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { runTool } from './tool.ts'

export interface TestCounts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/** The part of vitest's JSON report that is read here. */
interface JsonReport {
  readonly success: boolean
  readonly testResults: readonly {
    readonly status: string
    readonly assertionResults: readonly { readonly status: string }[]
  }[]
}

/** Runs vitest in a folder and counts what it did. */
export async function runTests(options: {
  cwd: string
  args: readonly string[]
  env?: NodeJS.ProcessEnv
  inherit?: boolean
}): Promise<{ code: number; counts: TestCounts; output: string }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'counterfoil-test-'))
  const file = path.join(folder, 'report.json')
  try {
    const { code, output } = await runTool(
      'vitest',
      ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`, ...options.args],
      { cwd: options.cwd, inherit: options.inherit ?? false, ...(options.env && { env: options.env }) },
    )
    const report = await readFile(file, 'utf8').catch(() => undefined)
    return { code, counts: countTests(report, code), output }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Counts tests; a file that cannot be loaded, an error outside a test and a crash of the runner are failures too. */
export function countTests(reportJson: string | undefined, code: number): TestCounts {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  const report = reportJson === undefined ? undefined : (JSON.parse(reportJson) as JsonReport)
  for (const file of report?.testResults ?? []) {
    const statuses = file.assertionResults.map((result) => result.status)
    for (const status of statuses) counts[status === 'passed' || status === 'failed' ? status : 'skipped'] += 1
    if (file.status === 'failed' && !statuses.includes('failed')) counts.failed += 1
  }
  if (code !== 0 && counts.failed === 0) counts.failed = 1
  return counts
}

/** Why a run with these counts is not a success; undefined when it is. In CI nothing may be skipped or absent. */
export function complaint(counts: TestCounts, ci: boolean): string | undefined {
  if (counts.failed > 0) return 'Tests failed.'
  if (ci && counts.skipped > 0) return 'Tests were skipped, and CI=true forbids that: run them or remove them.'
  if (ci && counts.passed === 0) return 'No test ran, and CI=true forbids that.'
  return undefined
}

/** The line that ends every test run. */
export function countLine(counts: TestCounts): string {
  return `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`
}
