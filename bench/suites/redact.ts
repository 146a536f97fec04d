/** The strict parser and redaction, beside JSON.parse. */
export { run } from '../redact.ts'
