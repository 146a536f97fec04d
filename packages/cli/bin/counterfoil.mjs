#!/usr/bin/env node
// Plain JavaScript that old versions of Node can read: it looks at the version before anything else is imported.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const oldest = 24

if (Number(process.versions.node.split('.')[0]) >= oldest) {
  await import('../dist/main.js')
} else {
  const node = findNode()
  if (node === undefined) {
    process.stderr.write(
      `error: counterfoil needs Node ${oldest} or newer; this is ${process.version} (${process.execPath}). Nothing was started.\n` +
        `  Install Node ${oldest} from https://nodejs.org, or on Linux: npm install node-linux-${process.arch}\n`,
    )
    process.exitCode = 1
  } else {
    runWith(node)
  }
}

/** The Node that npm installs among the dependencies. */
function findNode() {
  try {
    const manifest = createRequire(import.meta.url).resolve(`node-${process.platform}-${process.arch}/package.json`)
    const node = join(dirname(manifest), 'bin', 'node')
    return existsSync(node) ? node : undefined
  } catch {
    return undefined
  }
}

function runWith(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    process.stderr.write(`error: ${node} could not be started (${error.message}).\n`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(name)
    if (signal === null) process.exitCode = code ?? 1
    else process.kill(process.pid, signal)
  })
}
