import type { Order } from './shop.ts'

/** A message of a customer, with the order that it is about. */
export interface Ticket {
  readonly id: string
  readonly text: string
  readonly order: Omit<Order, 'version'>
}

const stories = [
  { text: 'The stove arrived with a bent valve. I would like my money back.', totalMinor: 6_490, status: 'delivered' },
  { text: 'The tent never came. Please refund the whole order.', totalMinor: 24_000, status: 'lost' },
  { text: 'One of the two sleeping bags has no zip. What can you do?', totalMinor: 17_900, status: 'delivered' },
  { text: 'I cancelled yesterday and still have no refund.', totalMinor: 31_250, status: 'cancelled' },
  { text: 'The lamp is fine, I only changed my mind. Do I get anything back?', totalMinor: 3_900, status: 'delivered' },
] as const

/** The tickets of one day, always the same ones: `count` of them, the first one numbered `from`. */
export function ticketsOf(count: number, from = 1): readonly Ticket[] {
  return Array.from({ length: count }, (_, at) => {
    const number = from + at
    const story = stories[(number - 1) % stories.length] ?? stories[0]
    return {
      id: `T-${4_000 + number}`,
      text: story.text,
      order: {
        id: `W${1_000 + number}`,
        customer: `cust-${300 + (number % 40)}`,
        status: story.status,
        totalMinor: story.totalMinor,
        currency: 'EUR',
      },
    }
  })
}
