import { StoreError } from './errors.ts'

const logNamePattern = /^[a-z0-9][a-z0-9-]{0,62}$/

/** Refuses what cannot be the name of a log: it stands in addresses and on command lines. */
export function checkLogName(log: string): void {
  if (logNamePattern.test(log)) return
  throw new StoreError(
    'log_name_invalid',
    'A log name has 1 to 63 characters of a-z, 0-9 and -, and starts with a letter or digit. Nothing was made.',
  )
}

/** Refuses what cannot be the C2SP origin of a log. */
export function checkOrigin(origin: string): void {
  if (/^[\x21-\x7e]{1,200}$/.test(origin) && !origin.includes('+')) return
  throw new StoreError(
    'log_name_invalid',
    'An origin has 1 to 200 printable ASCII characters without space and plus sign, for example example.com/audit/main. Nothing was made.',
  )
}
