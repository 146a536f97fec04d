import { RecorderError } from '../errors.ts'

/** @param bytesMax the limit that was reached; absent when it is the disk that is full */
export function fullSpool(folder: string, bytesMax: number | undefined, cause?: unknown): RecorderError {
  const why = bytesMax === undefined ? 'finds no room on the disk' : `has its ${bytesMax} bytes`
  return new RecorderError(
    'spool_full',
    `The spool in ${folder} ${why}. What is in it is safe; what comes now waits in memory and is not. Bring the log back, or make room.`,
    { cause },
  )
}

export function unwritableSpool(folder: string, cause: unknown): RecorderError {
  if (cause instanceof RecorderError) return cause
  const why = cause instanceof Error ? cause.message : String(cause)
  return new RecorderError(
    'spool_unwritable',
    `The spool in ${folder} cannot be written (${why}). What was to be written is not safe; give the recorder a folder that it may write.`,
    { cause },
  )
}
