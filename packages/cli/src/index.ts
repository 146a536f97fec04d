/**
 * The program `counterfoil`. To work with a log from code use `@counterfoil/ledger`.
 *
 * @module
 */
export { exitCodes, type ExitCode } from './exit-codes.ts'
export { runProgram } from './program.ts'
