import { ActionNotRun, deny, needsApproval, ref, type Recorder } from '@counterfoil/sdk'
import { z } from 'zod'
import { payments, type Fault } from './chaos.ts'
import type { Mailbox } from './world/mailbox.ts'
import { decide } from './world/model.ts'
import type { Shop } from './world/shop.ts'
import type { Ticket } from './world/tickets.ts'

/** Above this a person has to say yes, in cents. */
const limitMinor = 20_000
const policy = 'refunds@12'

export interface World {
  readonly recorder: Recorder
  readonly shop: Shop
  readonly mailbox: Mailbox
  /** What is to go wrong with a ticket. */
  readonly faultOf: (order: string) => Fault | undefined
}

/** The refund desk: its actions are declared once, and then called like functions. */
export function createDesk({ recorder, shop, mailbox, faultOf }: World) {
  /** What the model wanted, for the bug that `lost_edit` has in it. */
  const wanted = new Map<string, number>()

  const readOrder = recorder.wrap(
    (p: { order: string }) => {
      const order = shop.order(p.order)
      if (order === undefined) throw new Error(`There is no order ${p.order}.`)
      return order
    },
    {
      action: 'order.get',
      effect: 'read',
      sources: (order) => [{ ...ref('order', order.id, order.version), trust: 'trusted' }],
    },
  )

  const refund = recorder.action('refund.create', {
    effect: 'financial',
    input: z.strictObject({
      order: z.string(),
      amountMinor: z.int().positive(),
      currency: z.literal('EUR'),
      version: z.int().optional(),
    }),
    target: (p) => ref('order', p.order, p.version),
    attributes: (p) => ({ order: p.order, amount_minor: p.amountMinor, currency: p.currency }),
    reversibility: 'one_way_recoverable',
    checks: {
      not_refunded_yet: (p) => shop.refundsOf(p.order).length === 0 || deny('already_refunded'),
      within_total: (p) => p.amountMinor <= (shop.order(p.order)?.totalMinor ?? 0) || deny('more_than_paid'),
      amount_limit: (p) => p.amountMinor <= limitMinor || needsApproval('over_200', { from: 'group:finance' }),
    },
    run: (p, { idempotencyKey }) => {
      const fault = faultOf(p.order)
      // Somebody in the shop changes the order after the decision was made.
      if (fault === 'changed_order') shop.changeTotal(p.order, Math.round(p.amountMinor / 2))
      const amountMinor = fault === 'lost_edit' ? (wanted.get(p.order) ?? p.amountMinor) : p.amountMinor
      return payments(shop, fault).refund({ order: p.order, amountMinor, key: idempotencyKey })
    },
    receipt: (r) => ({ ref: r.id, actual: { amountMinor: r.amountMinor } }),
  })

  const mail = recorder.wrap((p: { customer: string; text: string }) => ({ id: mailbox.send(toMail(p)) }), {
    action: 'email.send',
    effect: 'communicate',
    target: (p) => ref('customer', p.customer),
    checks: { known_customer: (p) => shop.knowsCustomer(p.customer) || deny('stranger') },
    receipt: (r) => ({ ref: r.id }),
  })

  /** One ticket from beginning to end: one run. */
  const handle = (ticket: Ticket): Promise<string> => {
    const { order: ordered } = ticket
    const fault = faultOf(ordered.id)
    const options = {
      workflow: 'refund-desk',
      version: '1.0.0',
      trigger: { type: 'event', ref: `ticket:${ticket.id}` },
      customer: ordered.customer,
      correlation: ticket.id,
      model: { provider: 'script', name: 'refund-script-1' },
      policy,
    } as const
    return recorder.run(options, async (run) => {
      run.input({
        sources: [{ ...ref('ticket', ticket.id), trust: 'untrusted' }],
        prompt: 'triage@7',
        content: ticket.text,
      })
      const order = await readOrder({ order: ordered.id })
      const decision = decide(ticket, order)
      // A model that does not notice that it has written already.
      const times = fault === 'loop' ? 12 : 1
      const write = async (text: string): Promise<void> => {
        for (let time = 0; time < times; time++) await mail({ customer: order.customer, text })
      }
      if (decision.do === 'decline') {
        await write('We are sorry: this order cannot be refunded.')
        return 'declined'
      }
      wanted.set(order.id, decision.amountMinor)
      if (fault === 'bypassed_approval') {
        // Somebody was in a hurry: straight to the payment service, past the recorder.
        shop.createRefund({ order: order.id, amountMinor: decision.amountMinor })
        return 'refunded'
      }
      const { reason, confidence, amountMinor } = decision
      const parameters = { order: order.id, amountMinor, currency: 'EUR', version: order.version } as const
      try {
        await refund(parameters, { reason, confidence, policy })
      } catch (error) {
        if (!(error instanceof ActionNotRun)) throw error
        await write('We are looking into it and will write again.')
        return error.code
      }
      const text = `We have refunded ${(amountMinor / 100).toFixed(2)} EUR for order ${order.id}.`
      await write(text)
      return 'refunded'
    })
  }
  return { handle }
}

function toMail(p: { customer: string; text: string }) {
  return { to: `${p.customer}@customers.example`, subject: 'Your order', text: p.text }
}
