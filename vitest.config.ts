import { defineConfig } from 'vitest/config'

const conditions = ['@counterfoil/source']
// `npm run test:long` adds the tests that take minutes: `name.long.ts` in a folder of tests.
const long = process.env['COUNTERFOIL_LONG'] === '1' ? ['packages/*/test/**/*.long.ts', 'test/**/*.long.ts'] : []

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'packages/*/test/**/*.test.ts', 'test/**/*.test.ts', ...long],
    // Storage threads of a test strip their types with WebAssembly, and V8 keeps one table of code pages for all threads:
    // with write protection by memory keys it can lose a page when hundreds of threads come and go, and ends the process
    // ("Check failed: jit_page.has_value()"). The built program strips nothing and opens its threads once.
    execArgv: ['--no-memory-protection-keys'],
    // One a processor: what is tested waits for disks, clocks and other processes most of the time.
    maxWorkers: '100%',
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
