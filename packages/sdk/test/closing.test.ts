import { readdirSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createRecorder, type Recorder, type RecorderOptions } from '../src/index.ts'
import { createTestLog, type LogEvent, type TestLog } from './_outbox.ts'
import { createProxy, type Proxy } from './_proxy.ts'
import { pause } from './_recorder.ts'
import { order, refundPlan, Shop } from './_shop.ts'

let log: TestLog
let proxy: Proxy
beforeAll(async () => {
  log = await createTestLog()
  proxy = await createProxy(log.url)
})
afterAll(async () => {
  await proxy[Symbol.asyncDispose]()
  await log[Symbol.asyncDispose]()
})

const open = (options: RecorderOptions = {}): Recorder =>
  createRecorder({ url: proxy.url, key: log.key, spool: log.newSpool(), onProblem: () => undefined, ...options })

/** The events of a run, as `tool_completed success`. */
async function storyOf(runId: string): Promise<string[]> {
  const all = await log.events()
  return all.filter(({ run_id: id }) => id === runId).map((event) => wordsOf(event))
}

function wordsOf(event: LogEvent): string {
  const { event_type: type, result, reason_code: reason } = event as Readonly<Record<string, string | undefined>>
  return [type, type === 'tool_completed' || type === 'run_cancelled' ? result : undefined, reason]
    .filter((word) => word !== undefined)
    .join(' ')
}

/** The answer to the first batch with this type comes so much later. */
function delayAnswerTo(type: string, ms: number): void {
  let isDone = false
  proxy.mischief = ({ url, method }, outgoing, body) => {
    if (isDone || url !== '/v1/events' || !body.includes(`"event_type":"${type}"`)) return false
    isDone = true
    proxy.mischief = undefined
    void (async () => {
      const answer = await fetch(`${log.url}${url}`, {
        method: method ?? 'POST',
        headers: { authorization: `Bearer ${log.key}`, 'content-type': 'application/x-ndjson' },
        body,
      })
      const text = await answer.text()
      await pause(ms)
      outgoing.writeHead(answer.status, { 'content-type': 'application/json' }).end(text)
    })()
    return true
  }
}

it('closing waits for what is under way, and lets nothing begin', async () => {
  const recorder = open()
  const shop = new Shop()
  const { promise: hasBegun, resolve: begin } = Promise.withResolvers<void>()
  const refund = recorder.action('refund.create', {
    ...refundPlan,
    run: async (p, c) => {
      begin()
      await pause(200)
      return shop.refund(p, c)
    },
  })
  let runId = ''
  const later: unknown[] = []
  const run = recorder.run({ workflow: 'closing', trigger: 'api' }, async (open_) => {
    runId = open_.id
    const first = refund(order)
    await hasBegun
    const closed = recorder.close()
    later.push(await refund(order).catch((error: unknown) => error))
    await first
    await closed
  })
  await run.catch(() => undefined)
  expect(later).toMatchObject([{ code: 'recorder_closed', effect: 'none' }])
  expect(shop.calls).toHaveLength(1)
  expect(await storyOf(runId)).toEqual([
    'run_created',
    'decision_proposed',
    'validation_passed',
    'tool_called',
    'decision_proposed',
    'validation_passed',
    'side_effect_blocked recorder_closed',
    'tool_completed success',
    'side_effect_applied',
  ])
})

it('an intent that is acknowledged while the recorder is being closed is not carried out', async () => {
  const recorder = open()
  const shop = new Shop()
  const refund = recorder.action('refund.create', { ...refundPlan, run: (p, c) => shop.refund(p, c) })
  let runId = ''
  delayAnswerTo('tool_called', 150)
  const error: unknown = await recorder
    .run({ workflow: 'closing', trigger: 'api' }, async (run) => {
      runId = run.id
      const attempt = refund(order)
      await pause(60)
      void recorder.close()
      return attempt
    })
    .catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'recorder_closed', effect: 'none' })
  await recorder.close()
  expect(shop.calls).toEqual([])
  expect(await storyOf(runId)).toContain('side_effect_blocked recorder_closed')
})

it('an approval that expires while the log is slow is not used', async () => {
  const recorder = open({ approver: () => ({ decision: 'approved', by: 'usr-19' }), approvalWithin: '300ms' })
  const shop = new Shop()
  delayAnswerTo('tool_called', 500)
  const error: unknown = await recorder
    .run({ workflow: 'slow', trigger: 'api' }, async (run) => {
      const action = await run.propose({ type: 'refund.create', effect: 'financial', parameters: order })
      await action.approval()
      return action.execute((p, c) => shop.refund(p, c))
    })
    .catch((thrown: unknown) => thrown)
  await recorder.close()
  expect(error).toMatchObject({ code: 'approval_expired' })
  expect(shop.calls).toEqual([])
})

it('a stop is heard on any acknowledgement, and the run ends as stopped whatever the agent makes of it', async () => {
  const recorder = open({ delivery: 'spool' })
  const shop = new Shop()
  const refund = recorder.action('refund.create', { ...refundPlan, run: (p, c) => shop.refund(p, c) })
  const seen: unknown[] = []
  let runId = ''
  await recorder.run({ workflow: 'stopping', trigger: 'api' }, async (run) => {
    runId = run.id
    await recorder.flush()
    await fetch(`${log.url}/v1/runs/${run.id}/stop`, {
      method: 'POST',
      headers: { authorization: `Bearer ${log.key}` },
    })
    run.input({ content: 'anything' })
    await recorder.flush()
    seen.push(run.signal.aborted)
    // A model is told, and goes on.
    seen.push(await refund(order).catch((error: { code: string }) => error.code))
  })
  await recorder.close()
  expect(seen).toEqual([true, 'run_stopped'])
  expect(shop.calls).toEqual([])
  expect((await storyOf(runId)).at(-1)).toBe('run_cancelled cancelled run_stopped')
})

it('what a closed recorder could not deliver, another one of the same process delivers', async () => {
  const spool = log.newSpool()
  const first = open({ spool, delivery: 'spool' })
  proxy.mischief = (_incoming, outgoing) => {
    outgoing.destroy()
    return true
  }
  let runId = ''
  await first.run({ workflow: 'left', trigger: 'api' }, (run) => {
    runId = run.id
    run.input({ content: 'kept' })
  })
  const closing = first.close()
  // Longer than closing waits for a log that does not answer.
  await closing
  proxy.mischief = undefined
  expect(await storyOf(runId)).toEqual([])
  const second = open({ spool })
  await second.run({ workflow: 'next', trigger: 'api' }, () => undefined)
  await second.close()
  expect(await storyOf(runId)).toEqual(['run_created', 'input_resolved', 'run_completed'])
  expect(readdirSync(spool)).toEqual(['checkpoints'])
})

it('a url holds no password, because it stands in files and in answers', () => {
  expect(() => open({ url: 'http://somebody:secret@127.0.0.1:9' })).toThrow('The url holds no name and no password')
})
