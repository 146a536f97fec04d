/** Validating one event with our definitions and with the usual libraries. */
export { run } from '../validator.ts'
