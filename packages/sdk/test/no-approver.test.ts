import { expect, test } from 'vitest'
import { needsApproval } from '../src/index.ts'
import { useRecorder } from './_recorder.ts'
import { expectRefusal, order, refundPlan, Shop } from './_shop.ts'

const lab = useRecorder()

test('where nobody can be asked, what needs a person does not run', async () => {
  const shop = new Shop()
  const refund = lab.recorder.action('refund.create', {
    ...refundPlan,
    checks: { amount_limit: () => needsApproval('over_200', { from: 'group:finance' }) },
    run: (p, c) => shop.refund(p, c),
  })
  const { error, story } = await lab.run(() => refund(order))
  expectRefusal(
    error,
    'approval_unavailable',
    'refund.create did not run: amount_limit asked group:finance, and there is nobody to ask. Nothing was sent.',
    'amount_limit',
  )
  expect(shop.calls).toEqual([])
  expect(story.events.slice(2)).toEqual([
    'schema: allow allowed',
    'amount_limit: require_approval held',
    'side_effect_blocked: approval_unavailable',
    'run_failed',
  ])
  expect(story.report.run).toMatchObject({ status: 'failed', outcome: 'blocked' })
  expect(story.grades['approval']).toBe('missing')
})
