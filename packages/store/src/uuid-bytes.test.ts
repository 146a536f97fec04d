import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { uuidToBytes } from './uuid-bytes.ts'

const bytesOfHex = (text: string): Buffer => Buffer.from(text.replaceAll('-', ''), 'hex')

describe('the bytes of a UUID', () => {
  it('are its hexadecimal digits', () => {
    fc.assert(
      fc.property(fc.uuid(), (uuid) => {
        expect(uuidToBytes(uuid)).toEqual(bytesOfHex(uuid))
      }),
    )
  })

  it('of any other text are what its digits give, however many', () => {
    const near = fc.tuple(fc.uuid(), fc.nat(35), fc.string({ maxLength: 3 })).map(([uuid, at, text]) => {
      return uuid.slice(0, at) + text + uuid.slice(at + 1)
    })
    fc.assert(
      fc.property(
        fc.oneof(
          near,
          fc.string(),
          fc.uuid().map((uuid) => `${uuid}00`),
        ),
        (text) => {
          expect(uuidToBytes(text)).toEqual(bytesOfHex(text))
        },
      ),
    )
  })
})
