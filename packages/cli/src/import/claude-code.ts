import { claudeCodeTools, withClaudeCodeTools } from './claude-code-tools.ts'
import { readEntry, type Entry } from './claude-code-turns.ts'
import { digestOfValue } from './digest.ts'
import { idOf } from './envelope-words.ts'
import type { Importer, ImportItem, ImportOptions, Rejection } from './importer.ts'
import { isRecord } from './openai-turns.ts'
import { decodeText, parseTranscript, ReadError, splitLines, unpack } from './read-json.ts'
import { createRunBuilder, runIdOf, type RunBuilder } from './run-builder.ts'
import { normalizeTime } from './time.ts'

const importerName = 'claude-code/2'

/** Sessions of Claude Code, one JSON object a line. The file may still grow: no end is ever concluded from it. */
export const claudeCode: Importer = {
  name: 'claude-code',
  description: 'session files of Claude Code (JSONL); a grown file adds only what is new',
  derives: true,
  *read({ file, bytes }, options = {}) {
    const session = createSessions(file, options)
    try {
      for (const { line, bytes: text } of splitLines(unpack(bytes))) {
        try {
          session.add(parseTranscript(decodeText(text)), line)
        } catch (error) {
          session.reject(error, line)
        }
      }
    } catch (error) {
      session.reject(error, undefined)
    }
    yield* session.finish()
  },
}

interface Run {
  readonly builder: RunBuilder
  readonly identity: string
  lastLine: number
}

function createSessions(file: string, options: ImportOptions) {
  const map = withClaudeCodeTools(options.actionMap)
  const resultRules = claudeCodeTools().result ?? {}
  const runs = new Map<string, Run>()
  /** Which branch of side work a line belongs to, by its uuid. */
  const branches = new Map<string, string>()
  const seenLines = new Set<string>()
  const seenMessages = new Set<string>()
  const rejections: Rejection[] = []
  const skippedInFile: string[] = []

  const runOf = (entry: Entry, line: number): Run => {
    const sessionId = typeof entry['sessionId'] === 'string' ? entry['sessionId'] : ''
    const branch = branchOf(entry, branches)
    const key = JSON.stringify([sessionId, branch])
    const known = runs.get(key)
    if (known !== undefined) return known
    // The first line tells two files of one session apart (a resumed session is copied), and never changes.
    const { uuid } = entry
    const first = typeof uuid === 'string' ? uuid : digestOfValue(entry)
    const identity = `claude-code\0${JSON.stringify([sessionId, branch, first])}`
    const parent = branch === '' ? undefined : runs.get(JSON.stringify([sessionId, '']))
    const startedAt = normalizeTime(entry['timestamp'])
    const version = idOf(entry['version'])
    const session = idOf(sessionId)
    const run = {
      identity,
      lastLine: line,
      builder: createRunBuilder(
        {
          identity,
          importer: importerName,
          workflow: idOf(options.workflow) ?? 'claude-code',
          ...(version === undefined ? {} : { workflowVersion: version, agentVersion: version }),
          agentId: 'claude-code',
          ...(session === undefined ? {} : { sessionId: session }),
          ...(parent === undefined ? {} : { parentRunId: runIdOf(parent.identity) }),
          ...(startedAt === undefined ? {} : { startMs: Date.parse(startedAt) }),
          askedBy: branch === '' ? 'user' : 'agent',
          resultRules,
          nextTurnClosesCalls: false,
          saidStartsRun: true,
          file,
          line,
        },
        map,
      ),
    }
    runs.set(key, run)
    return run
  }

  const rejectLine = (line: number | undefined, code: Rejection['code'], message: string): void => {
    rejections.push({ kind: 'rejected', file, ...(line === undefined ? {} : { line }), code, message })
  }

  return {
    add(value: unknown, line: number): void {
      if (!isRecord(value)) {
        rejectLine(line, 'not_a_message', 'The line is no JSON object.')
        return
      }
      const meaning = readEntry(value, line)
      if (meaning.kind === 'broken') rejectLine(line, 'not_a_message', meaning.why)
      else if (meaning.kind === 'skipped') skippedInFile.push(meaning.what)
      else if (isRepeated(value, seenLines)) skippedInFile.push('repeated_line')
      else {
        const run = runOf(value, line)
        run.lastLine = line
        // One answer of the model stands on several lines, each with the usage of the whole.
        const counted = isRecord(value['message']) && isRepeatedMessage(value['message'], seenMessages)
        for (const { usage, ...turn } of meaning.turns) {
          run.builder.add(counted || usage === undefined ? turn : { ...turn, usage })
        }
        meaning.skipped.forEach((what) => skippedInFile.push(what))
      }
    },
    reject(error: unknown, line: number | undefined): void {
      if (!(error instanceof ReadError)) throw error
      rejectLine(line, error.code, error.message)
    },
    *finish(): Generator<ImportItem> {
      const [main] = runs.values()
      for (const what of skippedInFile) main?.builder.skip(what)
      for (const { builder, lastLine } of runs.values()) yield* builder.finish(undefined, lastLine)
      yield* rejections
    },
  }
}

/** The main conversation is `''`; side work is a branch, named by its agent or by the line that began it. */
function branchOf(entry: Entry, branches: Map<string, string>): string {
  const { uuid, parentUuid, agentId } = entry
  if (entry['isSidechain'] !== true) return ''
  const inherited = typeof parentUuid === 'string' ? branches.get(parentUuid) : undefined
  const branch =
    typeof agentId === 'string' && agentId !== '' ? agentId : (inherited ?? (typeof uuid === 'string' ? uuid : 'side'))
  if (typeof uuid === 'string') branches.set(uuid, branch)
  return branch
}

/** A session that was resumed may hold the same line twice. */
function isRepeated(entry: Entry, seen: Set<string>): boolean {
  if (typeof entry['uuid'] !== 'string') return false
  const digest = digestOfValue(entry)
  if (seen.has(digest)) return true
  seen.add(digest)
  return false
}

function isRepeatedMessage(message: Entry, seen: Set<string>): boolean {
  const { id } = message
  if (typeof id !== 'string') return false
  if (seen.has(id)) return true
  seen.add(id)
  return false
}
