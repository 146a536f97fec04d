import { cpSync, existsSync, mkdirSync, readdirSync, realpathSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { StoreError } from '../../errors.ts'
import { ControlFile, type ControlLog } from './control-file.ts'
import { explainIo, openDatabase } from './database.ts'

export interface BackupReport {
  readonly to: string
  readonly logs: readonly { readonly log: string; readonly size: number }[]
}

/**
 * Makes a consistent copy of a data directory, beside a running writer: control file, logs and keys. It is as secret as
 * the original, and what is erased later is erased in it only when it is deleted. The text index is not copied; it is
 * made again.
 *
 * @throws StoreError `backup_exists` when `to` is there and not empty, `backup_inside` when it lies in the data directory
 */
export function backupData(data: string, to: string): BackupReport {
  const [from, target] = [resolve(data), resolve(to)]
  if (!existsSync(join(from, 'control.db')))
    throw new StoreError('not_found', `There is no log in ${from}. Nothing was copied.`)
  if (isWithin(target, from)) {
    throw new StoreError(
      'backup_inside',
      `${target} lies in the data directory. A copy with its keys does not belong there, and is no second copy. Nothing was copied; name a folder outside.`,
    )
  }
  if (existsSync(target) && readdirSync(target).length > 0) {
    throw new StoreError('backup_exists', `${target} is not empty. Nothing was copied; name a new folder.`)
  }
  try {
    mkdirSync(join(target, 'logs'), { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new StoreError('data_unwritable', `${target} cannot be made. Nothing was copied.`, { cause: error })
  }
  // Copied first, so that a log that is made meanwhile is in the copy as a whole or not at all, and named last: a copy
  // without it is no data directory, so an interrupted backup is never mistaken for a whole one.
  const unfinished = join(target, 'control.db.unfinished')
  const logsOfCopy = (): ControlLog[] => {
    using control = new ControlFile(join(from, 'control.db'), { readOnly: true })
    control.copyTo(unfinished)
    using copied = new ControlFile(unfinished, { readOnly: true })
    return copied.logs()
  }
  const logs = logsOfCopy().map(({ log, id }) => {
    mkdirSync(join(target, 'logs', id), { mode: 0o700 })
    const copy = join(target, 'logs', id, 'log.db')
    const source = openDatabase(join(from, 'logs', id, 'log.db'), { readOnly: true })
    try {
      explainIo(() => source.prepare('VACUUM INTO ?').run(copy))
    } finally {
      source.close()
    }
    const copied = openDatabase(copy, { readOnly: true })
    const size = Number(copied.prepare('SELECT size FROM head').get()?.['size'] ?? 0)
    copied.close()
    return { log, size }
  })
  cpSync(join(from, 'keys'), join(target, 'keys'), { recursive: true })
  renameSync(unfinished, join(target, 'control.db'))
  writeFileSync(
    join(target, 'backup.json'),
    `${JSON.stringify({ of: from, made_at: new Date().toISOString(), logs }, undefined, 2)}\n`,
    { mode: 0o600 },
  )
  return { to: target, logs }
}

/** Whether `path`, which need not be there yet, is `folder` or lies in it, whatever links lead there. */
function isWithin(path: string, folder: string): boolean {
  let known = path
  while (!existsSync(known)) known = dirname(known)
  const there = resolve(realpathSync(known), relative(known, path))
  const way = relative(realpathSync(folder), there)
  return way !== '..' && !way.startsWith('../') && !isAbsolute(way)
}
