import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { openCheckpoint } from '@counterfoil/tlog'
import { StoreError } from '../../errors.ts'
import { defaultStateFolder, readRememberedHead } from '../../head-memory.ts'
import { readLogKeys, replaceLostVaultKey, verifierOf } from '../../key-files.ts'
import { isClockBehind } from '../../recording-clock.ts'
import { serverContext, serverEvent } from '../../server-event.ts'
import { ControlFile, type ControlLog } from './control-file.ts'
import { DataLock } from './data-lock.ts'
import { openDatabase, pragma, storeErrorOf } from './database.ts'
import { LogFile } from './log-file.ts'
import { packRequest } from './packed-events.ts'
import { makeLogFolder } from './log-folder.ts'
import { migrate } from './migrate.ts'
import { checkHead, checkRememberedHead } from './start-guards.ts'

export interface RecoverOptions {
  readonly data: string
  readonly log?: string
  readonly state?: string
  /** The keys of the log are gone for good: otherwise a log that lacks nothing but them is left as it is. */
  readonly keyLost?: boolean
}

interface KnownHead {
  readonly size: number
  /** Lower-case hex. */
  readonly root: string
}

export interface RecoverReport {
  readonly log: string
  readonly origin: string
  /** The closed log: its new name, and what of it is known. */
  readonly predecessor: {
    readonly log: string
    readonly origin: string
    readonly foundSize: number
    readonly rememberedSize: number
  }
}

/**
 * Accepts that a log has lost entries: closes it, keeps it readable under another name, and opens a successor of its own
 * origin whose first entry names the last head that is known. The same origin never signs two histories.
 *
 * @throws StoreError `not_found` when there is no such log, `recovery_not_needed` and `key_missing` when it has lost nothing
 */
export function recoverLog(options: RecoverOptions): RecoverReport {
  const data = resolve(options.data)
  const state = resolve(options.state ?? defaultStateFolder())
  if (!existsSync(join(data, 'control.db')))
    throw new StoreError('not_found', `There is no log in ${data}. Nothing was changed.`)
  using _lock = new DataLock(data)
  using control = new ControlFile(join(data, 'control.db'))
  const open = control.logs().filter((log) => log.closedAt === undefined)
  if (options.log === undefined && open.length > 1) {
    const names = open.map(({ log }) => log).join(', ')
    throw new StoreError(
      'log_unknown',
      `There are several logs: ${names}. Say which one has lost entries; nothing was changed.`,
    )
  }
  const lost = options.log === undefined ? open[0] : open.find(({ log }) => log === options.log)
  if (lost === undefined)
    throw new StoreError('not_found', `No open log is called ${options.log ?? '(any)'}. Nothing was changed.`)
  if (opensWhole(lost, data, state, options.keyLost === true)) {
    throw new StoreError(
      'recovery_not_needed',
      `The log ${lost.log} opens and has lost nothing that this machine knows of. It was left as it is.`,
    )
  }
  const found = foundHead(join(data, 'logs', lost.id), lost)
  const remembered = largestKnown(readRememberedHead(state, lost.vkey), lost)
  const taken = new Set(control.logs().map(({ log }) => log))
  let closedName = `${lost.log.slice(0, 40)}-until-${found.size}`
  for (let n = 2; taken.has(closedName); n += 1) closedName = `${lost.log.slice(0, 40)}-until-${found.size}-${n}`
  const successor = makeLogFolder(data, lost.log, new Set(control.logs().map(({ origin }) => origin)))
  const { signer, vaultKey } = readLogKeys({ ...successor, data }, process.env)
  const event = serverEvent('log_recovered', Date.now(), {
    reason_code: 'loss_accepted',
    attributes: {
      predecessor: lost.origin,
      found_size: found.size,
      found_root: found.root,
      remembered_size: remembered?.size ?? found.size,
      remembered_root: remembered?.root ?? found.root,
    },
  })
  using file = new LogFile({
    path: join(data, 'logs', successor.id, 'log.db'),
    data,
    origin: successor.origin,
    signer,
    vaultKey,
    state,
  })
  file.commit([packRequest({ events: [event], context: serverContext })])
  if (options.keyLost === true) replaceLostVaultKey({ ...lost, data }, process.env)
  control.replaceLog(lost.log, closedName, successor)
  return {
    log: successor.log,
    origin: successor.origin,
    predecessor: {
      log: closedName,
      origin: lost.origin,
      foundSize: found.size,
      rememberedSize: remembered?.size ?? found.size,
    },
  }
}

/** Whether the log opens for writing as it is: then closing it for ever would be the only loss. */
function opensWhole(log: ControlLog, data: string, state: string, isKeyLost: boolean): boolean {
  if (log.contradictedBy !== undefined) return false
  const path = join(data, 'logs', log.id, 'log.db')
  if (!existsSync(path)) return false
  try {
    const { signer, vaultKey } = readLogKeys({ ...log, data }, process.env)
    using file = new LogFile({ path, data, origin: log.origin, signer, vaultKey, state })
    // A log from the future takes no entries until its time has come.
    return !isClockBehind(Date.now(), file.head.recordedMs)
  } catch (error) {
    if (isKeyLost || !isAboutKeys(error) || !lacksOnlyKeys(log, path, state)) return false
    throw new StoreError(
      'key_missing',
      `The log ${log.log} has lost nothing that this machine knows of; only its keys are not here: ${error.message} Bring them back, or say that they are lost for good. Nothing was changed.`,
      { cause: error },
    )
  }
}

function isAboutKeys(error: unknown): error is StoreError {
  return error instanceof StoreError && (error.code === 'key_missing' || error.code === 'key_invalid')
}

/** Whether entries and head are what this machine remembers, as far as that can be told without the keys. */
function lacksOnlyKeys(log: ControlLog, path: string, state: string): boolean {
  try {
    using database = openDatabase(path, { readOnly: true })
    const head = checkHead(database, log.origin, verifierOf(log.vkey))
    checkRememberedHead(database, head, readRememberedHead(state, log.vkey))
    return true
  } catch {
    return false
  }
}

/** The largest head that is known from outside: what this machine remembers, or a checkpoint that a client brought. */
function largestKnown(remembered: KnownHead | undefined, lost: ControlLog): KnownHead | undefined {
  if (lost.contradictedBy === undefined) return remembered
  const { size, root } = openCheckpoint(lost.contradictedBy, {
    origin: lost.origin,
    verifiers: [verifierOf(lost.vkey)],
  })
  return size > (remembered?.size ?? -1) ? { size, root: Buffer.from(root).toString('hex') } : remembered
}

/**
 * What the damaged log says of itself, without believing it. A file that cannot be read at all is set aside, and an empty
 * one takes its place, so that the rest of the data directory opens again.
 */
function foundHead(folder: string, log: ControlLog): KnownHead {
  const path = join(folder, 'log.db')
  try {
    if (existsSync(path)) return readHead(path)
  } catch (error) {
    if (!(storeErrorOf(error) instanceof StoreError)) throw error
    for (const suffix of ['', '-wal', '-shm'])
      if (existsSync(path + suffix)) renameSync(path + suffix, `${path}${suffix}.damaged`)
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const database = openDatabase(path)
  try {
    migrate(database, '')
    checkHead(database, log.origin, verifierOf(log.vkey))
  } finally {
    database.close()
  }
  return { size: 0, root: '' }
}

function readHead(path: string): KnownHead {
  const database = openDatabase(path, { readOnly: true })
  try {
    const row = database.prepare('SELECT size, root FROM head').get()
    // Damage may stand anywhere in the file: it is read as a whole before it is left in place.
    const result = pragma(database, 'quick_check(1)')
    if (result !== 'ok') throw new StoreError('data_invalid', `The database file is damaged (${String(result)}).`)
    return {
      size: Number(row?.['size'] ?? 0),
      root: Buffer.from((row?.['root'] as Uint8Array | undefined) ?? []).toString('hex'),
    }
  } finally {
    database.close()
  }
}
