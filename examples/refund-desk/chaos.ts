import type { Shop } from './world/shop.ts'

/** What goes wrong in production. Each has a ticket of its own, so that every fault can be told from the others. */
export const faults = [
  'double_write',
  'lost_response',
  'changed_order',
  'lost_edit',
  'loop',
  'bypassed_approval',
] as const
export type Fault = (typeof faults)[number]

/** The fault of the ticket with this place in the day, if it has one. */
export function faultAt(place: number, chosen: readonly Fault[]): Fault | undefined {
  return chosen[place]
}

/** The payment service as the desk sees it, with the fault of this ticket in it. */
export function payments(shop: Shop, fault: Fault | undefined) {
  return {
    refund(request: { order: string; amountMinor: number; key: string }): { id: string; amountMinor: number } {
      // A client that retries without its key pays twice.
      if (fault === 'double_write') shop.createRefund({ order: request.order, amountMinor: request.amountMinor })
      const refund = shop.createRefund(request)
      if (fault === 'lost_response') {
        throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
      }
      return refund
    },
  }
}
