import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** Fifty events a run. */
export const eventsPerRun = 50

const dayMs = 86_400_000
const outcomes = [
  ['done', 0.79],
  ['failed', 0.05],
  ['blocked', 0.05],
  ['unconfirmed', 0.04],
  ['rejected', 0.03],
  ['running', 0.02],
  ['waiting', 0.015],
  ['mismatch', 0.005],
] as const
const workflows: readonly [string, ...string[]] = [
  'refunds',
  'triage',
  'outreach',
  'deploys',
  'invoices',
  'onboarding',
  'claims',
  'research',
  'moderation',
  'billing',
  'access',
  'cleanup',
]
const actionTypes: readonly [readonly [string, string], ...(readonly [string, string])[]] = [
  ['ticket.classify', 'none'],
  ['order.lookup', 'read'],
  ['customer.lookup', 'read'],
  ['ticket.update', 'write'],
  ['email.send', 'communicate'],
  ['document.search', 'read'],
  ['refund.create', 'financial'],
  ['order.cancel', 'write'],
  ['message.post', 'communicate'],
  ['invoice.create', 'financial'],
  ['shell.run', 'execute'],
  ['file.write', 'write'],
  ['refund.partial', 'financial'],
  ['grant.add', 'privilege'],
  ['record.delete', 'delete'],
]
const tools: readonly [string, ...string[]] = [
  'lookup_order',
  'send_email',
  'search',
  'update_ticket',
  'create_refund',
  'http_get',
  'shell',
  'write_file',
  'post_message',
  'sql_query',
]
const reasons: readonly [string, ...string[]] = [
  'customer_request',
  'item_damaged',
  'late_delivery',
  'duplicate_charge',
  'policy',
  'spam',
  'escalation',
  'other',
]
const checks: readonly [string, ...string[]] = [
  'schema',
  'amount_limit',
  'not_refunded_yet',
  'recipient_allowed',
  'business_hours',
  'rate',
  'pii',
  'scope',
]
const usualTypes = [
  'run_created',
  'input_resolved',
  'decision_proposed',
  'validation_passed',
  'tool_called',
  'tool_completed',
  'side_effect_applied',
  'run_completed',
]

function hex(number: number): string {
  return number.toString(16).padStart(8, '0')
}

/** Numbers that look random and are the same every time (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const runColumns =
  'pk run_id status outcome workflow version environment customer trigger_type correlation session parent actor_type actor_id model producer started_ms ended_ms events last_idx answers flags'
const actionColumns =
  'pk action_id run type effect_class target_type target_id outcome approver edited started_ms amount currency parts actor_type actor_id'

function insertOf(table: string, columns: string): string {
  const names = columns.split(' ')
  return `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`
}

/**
 * Fills the tables that queries read with runs of about 7.5 actions each, as a year of a busy system would. Numbers are
 * skewed as in life: a few customers, workflows and tools have most of the runs.
 */
export function fillQueryTables(
  database: DatabaseSync,
  runs: number,
  nowMs: number,
): { actions: number; terms: number } {
  const random = createRandom(7)
  const skewed = (count: number): number => Math.floor(count * random() ** 3)
  const pick = <T>(list: readonly [T, ...T[]]): T => list[skewed(list.length)] ?? list[0]
  const outcome = (): string => {
    let rest = random()
    return (outcomes.find(([, share]) => (rest -= share) < 0) ?? outcomes[0])[0]
  }

  database.exec(
    'CREATE TABLE loose (key TEXT, value ANY, run INTEGER, action INTEGER) STRICT; DROP INDEX term_run; BEGIN',
  )
  const insertRun = database.prepare(insertOf('run', runColumns))
  const insertAction = database.prepare(insertOf('action', actionColumns))
  const insertRunState = database.prepare('INSERT INTO run_state VALUES (?, ?)')
  const insertActionState = database.prepare('INSERT INTO action_state VALUES (?, ?)')
  const loose: StatementSync = database.prepare('INSERT INTO loose VALUES (?, ?, ?, ?)')
  let pk = 0
  for (let run = 1; run <= runs; run += 1) {
    const startedMs = Math.floor(nowMs - 365 * dayMs * (1 - run / runs))
    const took = Math.floor(500 + 60_000 * random() ** -0.9)
    const runOutcome = outcome()
    const open = runOutcome === 'running' || runOutcome === 'waiting'
    const status = open ? 'running' : runOutcome === 'failed' && random() < 0.3 ? 'failed' : 'completed'
    const workflow = pick(workflows)
    const human = random() < 0.08
    const id = `019${hex(run)}-7000-8000-0000-${hex(run)}`
    insertRun.run(
      run,
      id,
      status,
      runOutcome,
      workflow,
      `${1 + skewed(5)}.${skewed(4)}.${skewed(3)}`,
      random() < 0.9 ? 'production' : 'staging',
      random() < 0.97 ? `acme-${skewed(2_000)}` : null,
      pick(['event', 'user', 'schedule', 'api', 'agent']),
      `case-${Math.floor(run / 3)}`,
      random() < 0.5 ? `s_${Math.floor(run / 5)}` : null,
      random() < 0.2 ? `019${hex(run - 1)}` : null,
      human ? 'human' : 'agent',
      human ? `u_${skewed(200)}` : `agent-${skewed(20)}`,
      pick(['claude-opus', 'gpt-6', 'claude-haiku', 'gpt-6-mini', 'gemini-4']),
      `worker-${skewed(40)}`,
      startedMs,
      open ? null : startedMs + took,
      eventsPerRun,
      run * eventsPerRun,
      random() < 0.3 ? 'ocoonm' : 'ccccnc',
      random() < 0.1 ? ' redacted ' : ' ',
    )
    insertRunState.run(run, runStateText(id, startedMs))
    const onRun = (key: string, value: string): unknown => loose.run(key, value, run, 0)
    for (const type of usualTypes) onRun('type', type)
    if (random() < 0.02) onRun('type', 'approval_rejected')
    onRun('prompt', `${workflow}@${1 + skewed(9)}`)
    onRun('trace', `4bf92f3577b34da6a3ce929d${String(run).padStart(8, '0')}`)
    for (let count = 1 + Math.floor(random() * 14); count > 0; count -= 1) {
      pk += 1
      const [type, effect] = pick(actionTypes)
      const order = skewed(300_000)
      const approved = random() < 0.08
      const amount = effect === 'financial' ? Math.floor(2_000 * random() ** -0.8) : null
      const actionOutcome = random() < 0.9 ? 'done' : outcome()
      const actionId = `019${hex(run)}-7000-9000-0000-${hex(pk)}`
      insertAction.run(
        pk,
        actionId,
        run,
        type,
        effect,
        'order',
        `W${order}`,
        actionOutcome,
        approved ? `u_${skewed(50)}` : null,
        0,
        startedMs + count * 900,
        amount,
        amount === null ? null : random() < 0.7 ? 'EUR' : 'USD',
        approved ? ' proposal check approval effect ' : ' proposal check effect ',
        human ? 'human' : 'agent',
        human ? `u_${skewed(200)}` : `agent-${skewed(20)}`,
      )
      insertActionState.run(pk, actionStateText(actionId, id, type, effect))
      const onAction = (key: string, value: string | number): unknown => loose.run(key, value, run, pk)
      onAction('tool', pick(tools))
      onAction('reason', pick(reasons))
      onAction('confidence', pick(['high', 'medium', 'low']))
      onAction('check', 'schema')
      onAction('check', pick(checks))
      if (random() < 0.3) onAction('rule', `over_${100 * (1 + skewed(5))}@v${1 + skewed(3)}`)
      onAction('attr:order', order)
      if (amount !== null) onAction('attr:amount_minor', amount)
      if (random() < 0.3) {
        onAction('ref', `re_${hex(pk)}`)
        onAction('idempotency_key', `key-${hex(pk)}`)
      }
      if (approved) onAction('approval', 'granted')
    }
  }
  database.exec(`
    INSERT INTO term_key (id, name) SELECT row_number() OVER (ORDER BY key), key FROM (SELECT DISTINCT key FROM loose);
    INSERT OR IGNORE INTO term SELECT id, value, run, action FROM loose JOIN term_key ON name = key ORDER BY 1, 2, 3, 4;
    DROP TABLE loose;
    CREATE INDEX term_run ON term (run, key, value, action);
    COMMIT`)
  return { actions: pk, terms: Number(database.prepare('SELECT count(*) AS n FROM term').get()?.['n']) }
}

const eventTypesShown = [
  'decision_proposed',
  'validation_passed',
  'tool_called',
  'tool_completed',
  'side_effect_applied',
]

/** States of the size and shape that the store keeps: pages of answers are shown from them. */
function runStateText(runId: string, startedMs: number): string {
  const at = [0, runId]
  const part = {
    types: Object.fromEntries(eventTypesShown.map((type) => [type, { count: 8, grade: 'claimed' }])),
    ends: { run_completed: { at: [50, runId], ms: startedMs } },
    startedMs,
    timed: true,
    lastSeq: 50,
    events: 51,
    effectful: true,
    allowed: true,
    held: false,
    redacted: false,
    failedResult: false,
    first: at,
    created: {
      at,
      value: { workflow: { name: 'refunds', version: '4.2.1' }, customerId: 'acme', trigger: { type: 'event' } },
    },
  }
  return JSON.stringify({
    runId,
    parts: { k_0123456789abcdef: part },
    owner: 'k_0123456789abcdef',
    ownerCreated: true,
    firstIndex: 0,
    lastIndex: 50,
    erased: 0,
    actions: { k_0123456789abcdef: { outcomes: { done: 8 }, edited: 0, needingApproval: 0 } },
  })
}

function actionStateText(actionId: string, runId: string, type: string, effectClass: string): string {
  const at = [3, actionId]
  const check = { name: 'amount_limit', verdict: 'allow', enforced: 'allowed', rule: 'under_500@12' }
  const part = {
    types: Object.fromEntries(eventTypesShown.map((name) => [name, { count: 1, last: at, grade: 'claimed' }])),
    checks: { amount_limit: { at, value: check } },
    attempts: 1,
    identity: { at, value: { type, effectClass } },
    target: { at, value: { type: 'order', id: 'W1' } },
  }
  return JSON.stringify({
    actionId,
    runId,
    keyId: 'k_0123456789abcdef',
    parts: { k_0123456789abcdef: part },
    startedMs: 0,
    firstIndex: 0,
    lastIndex: 50,
  })
}
