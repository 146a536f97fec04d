import { expect, test } from 'vitest'
import { WatchedPromise } from './watched-promise.ts'

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5))

function watch<T>(inner: Promise<T>): { promise: WatchedPromise<T>; unwatched: unknown[]; watched: unknown[] } {
  const unwatched: unknown[] = []
  const watched: unknown[] = []
  return {
    promise: new WatchedPromise(
      inner,
      (e) => unwatched.push(e),
      (e) => watched.push(e),
    ),
    unwatched,
    watched,
  }
}

test('a failure that nobody asks for is handed over, and causes nothing else', async () => {
  const seen: unknown[] = []
  const note = (reason: unknown): void => void seen.push(reason)
  process.on('unhandledRejection', note)
  const { unwatched } = watch(Promise.reject(new Error('lost')))
  await turn()
  await turn()
  process.off('unhandledRejection', note)
  expect(unwatched).toMatchObject([{ message: 'lost' }])
  expect(seen).toEqual([])
})

test.each<[string, (promise: Promise<unknown>) => Promise<unknown>]>([
  ['await', async (promise) => await promise],
  ['then', (promise) => promise.then(() => 'fine')],
  ['catch', (promise) => promise.catch(() => 'caught')],
  ['finally', (promise) => promise.finally(() => undefined)],
  ['Promise.all', (promise) => Promise.all([promise, Promise.resolve()])],
  ['return', (promise) => (async () => promise)()],
])('a failure that somebody asks for is theirs: %s', async (_, ask) => {
  const { promise, unwatched } = watch(Promise.reject(new Error('mine')))
  await ask(promise).catch(() => undefined)
  await turn()
  expect(unwatched).toEqual([])
})

test('who asks late gets it all the same', async () => {
  const { promise, unwatched, watched } = watch(Promise.reject(new Error('late')))
  await turn()
  expect(unwatched).toHaveLength(1)
  await expect(promise.catch((error: unknown) => error)).resolves.toMatchObject({ message: 'late' })
  expect(watched).toEqual(unwatched)
})

test('a value is a value', async () => {
  const { promise, unwatched } = watch(Promise.resolve(5))
  expect(await promise).toBe(5)
  expect(await promise.finally(() => undefined)).toBe(5)
  expect(unwatched).toEqual([])
  expect(Object.prototype.toString.call(promise)).toBe('[object Promise]')
})
