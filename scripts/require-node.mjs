// Loaded with --import before any script: plain JavaScript that old versions of Node can still read.
const oldest = 24
if (Number(process.versions.node.split('.')[0]) < oldest) {
  process.stderr.write(
    `Counterfoil's scripts need Node ${oldest} or newer; this is ${process.version} (${process.execPath}).\n` +
      'On Linux (x64, arm64) `npm ci` installs a fitting Node among the dependencies, and npm scripts use it:\n' +
      '  npm ci && npm test\n' +
      `Elsewhere install Node ${oldest} from https://nodejs.org and run the same line again.\n`,
  )
  process.exit(1)
}
