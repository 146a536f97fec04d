import { type } from 'arktype'
import * as v from 'valibot'
import { expect, test } from 'vitest'
import { z } from 'zod'
import type { StandardSchema } from '../src/index.ts'
import { useRecorder } from './_recorder.ts'

const lab = useRecorder()

interface Mail {
  to: string
  copies: number
}

/** The same parameters in three libraries. */
const schemas: Record<string, StandardSchema<Mail>> = {
  zod: z.strictObject({ to: z.email(), copies: z.int().positive() }),
  valibot: v.strictObject({
    to: v.pipe(v.string(), v.email()),
    copies: v.pipe(v.number(), v.integer(), v.minValue(1)),
  }),
  arktype: type({ '+': 'reject', to: 'string.email', copies: 'number.integer > 0' }),
}

test.each(Object.entries(schemas))('%s says what fits', async (_, input) => {
  const sent: Mail[] = []
  const mail = lab.recorder.action('email.send', { effect: 'communicate', input, run: (p) => void sent.push(p) })
  const good = await lab.run(() => mail({ to: 'ana@example.org', copies: 2 }))
  expect(good.error).toBeUndefined()
  expect(sent).toEqual([{ to: 'ana@example.org', copies: 2 }])
  expect(Object.isFrozen(sent[0])).toBe(true)
  expect(good.story.events).toContain('schema: allow allowed')
  for (const [parameters, pointer] of [
    [{ to: 'nobody', copies: 2 }, '/to'],
    [{ to: 'ana@example.org', copies: 0 }, '/copies'],
    [{ to: 'ana@example.org' }, '/copies'],
  ] as const) {
    const bad = await lab.run(() => mail(parameters as Mail))
    expect(bad.error).toMatchObject({ code: 'parameters_invalid', message: expect.stringContaining(pointer) })
    expect(bad.story.payload('validation_failed')).toMatchObject({ issues: [{ pointer }] })
  }
  expect(sent).toHaveLength(1)
})

const asSchema = (validate: (value: unknown) => unknown): StandardSchema<Mail> => ({
  '~standard': { version: 1, vendor: 'test', validate: validate as never },
})
const run = (): void => undefined

test('a schema that fails, or validates later', async () => {
  const sent: unknown[] = []
  const declare = (input: StandardSchema<Mail>) =>
    lab.recorder.action('email.send', { effect: 'communicate', input, run: (p) => void sent.push(p) })
  const throwing = declare(
    asSchema(() => {
      throw new Error('schema is broken')
    }),
  )
  expect((await lab.run(() => throwing({ to: 'a', copies: 1 }))).error).toMatchObject({ code: 'parameters_invalid' })
  expect(sent).toEqual([])
  const later = declare(asSchema((value) => Promise.resolve({ value })))
  expect((await lab.run(() => later({ to: 'a', copies: 1 }))).error).toBeUndefined()
  expect(sent).toEqual([{ to: 'a', copies: 1 }])
})

test('a declaration without what it needs is refused by name', () => {
  const { recorder } = lab
  const input = z.object({})
  for (const [declaration, pointer] of [
    [{ effect: 'write', run }, '/input'],
    [{ effect: 'destroy', input, run }, '/effect'],
    [{ effect: 'write', input }, '/run'],
    [{ effect: 'write', input, run, checks: { schema: () => true } }, '/checks/schema'],
  ] as const) {
    expect(() => recorder.action('x.y', declaration as never)).toThrow(
      expect.objectContaining({ code: 'action_invalid', pointer }) as Error,
    )
  }
})
