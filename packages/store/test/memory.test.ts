import { describeEventStore } from '../src/contract.ts'
import { createMemoryStore } from '../src/drivers/memory/memory-store.ts'

describeEventStore('logs in memory', async () => {
  const store = createMemoryStore()
  return { store, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() }
})
