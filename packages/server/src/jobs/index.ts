import type { Job } from '../job.ts'
import { declareGaps } from './declare-gaps.ts'

/** Everything that the server does by itself. */
export const jobs: readonly Job[] = [declareGaps]
