import type { AnyRoute } from '../route.ts'
import { readActions } from './actions.ts'
import { appendEvents, readEvent } from './events.ts'
import { readHealth, readReadiness } from './health.ts'
import { createKey, listKeys, revokeKey } from './keys.ts'
import { presentCheckpoint, proveConsistency, proveInclusion, readCheckpoint, readLog } from './log.ts'
import { createLog, listLogs } from './logs.ts'
import { readMetrics } from './metrics.ts'
import { openApiRoute } from './openapi.ts'
import { readRun, readRuns, stopRun } from './runs.ts'
import { readSchema } from './schema.ts'
import { followTail } from './tail.ts'
import { readPublicCheckpoint, readTile } from './tiles.ts'

/** Every route of the server, in the order of the documentation. */
export const routes: readonly AnyRoute[] = [
  appendEvents,
  readEvent,
  readRuns,
  readRun,
  stopRun,
  readActions,
  followTail,
  readLog,
  readCheckpoint,
  presentCheckpoint,
  proveInclusion,
  proveConsistency,
  readPublicCheckpoint,
  readTile,
  listKeys,
  createKey,
  revokeKey,
  listLogs,
  createLog,
  readSchema,
  openApiRoute(() => routes),
  readHealth,
  readReadiness,
  readMetrics,
]
