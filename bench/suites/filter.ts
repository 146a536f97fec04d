/** The forty queries of `queries.txt` over ten million events. */
export { run } from '../query-plan.ts'
