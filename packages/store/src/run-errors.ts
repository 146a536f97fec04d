import { StoreError } from './errors.ts'

export function unknownRun(runId: string): StoreError {
  return new StoreError('not_found', `No run is called ${runId}. Nothing was changed.`)
}

export function endedRun(runId: string): StoreError {
  return new StoreError('run_ended', `The run ${runId} has come to its end already, so there is nothing to stop.`)
}
