import type { Order } from './shop.ts'
import type { Ticket } from './tickets.ts'

/** What the model wants to do about a ticket, and why. */
export type Decision =
  | {
      readonly do: 'refund'
      readonly amountMinor: number
      readonly reason: string
      readonly confidence: 'high' | 'medium'
    }
  | { readonly do: 'decline'; readonly reason: string; readonly confidence: 'high' | 'medium' }

/** Stands for a language model: a script, so that the desk runs offline and every run of it is the same. */
export function decide(ticket: Ticket, order: Order): Decision {
  if (order.status === 'lost') return refund(order.totalMinor, 'parcel_lost', 'high')
  if (order.status === 'cancelled') return refund(order.totalMinor, 'order_cancelled', 'high')
  if (/changed my mind/.test(ticket.text)) return { do: 'decline', reason: 'no_defect', confidence: 'medium' }
  if (/one of the two/i.test(ticket.text)) return refund(Math.round(order.totalMinor / 2), 'item_damaged', 'medium')
  return refund(order.totalMinor, 'item_damaged', 'high')
}

function refund(amountMinor: number, reason: string, confidence: 'high' | 'medium'): Decision {
  return { do: 'refund', amountMinor, reason, confidence }
}
