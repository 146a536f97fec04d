import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { visibleJson, visibleText } from './visible-text.ts'

const character = (code: number): string => String.fromCodePoint(code)

describe('visibleText', () => {
  it.each([
    [0x1b, '⟦U+001B⟧'],
    [0x07, '⟦U+0007⟧'],
    [0x7f, '⟦U+007F⟧'],
    [0x9b, '⟦U+009B⟧'],
    [0xad, '⟦U+00AD⟧'],
    [0x200b, '⟦U+200B⟧'],
    [0x202e, '⟦U+202E⟧'],
    [0x2066, '⟦U+2066⟧'],
    [0x2028, '⟦U+2028⟧'],
    [0x3164, '⟦U+3164⟧'],
    [0xfeff, '⟦U+FEFF⟧'],
    [0xe0041, '⟦U+E0041⟧'],
    [0xe0100, '⟦U+E0100⟧'],
    [0xf0000, '⟦U+F0000⟧'],
  ])('shows U+%d as a token', (code, shown) => {
    expect(visibleText(`a${character(code)}b`)).toBe(`a${shown}b`)
  })

  it('keeps what people write', () => {
    for (const text of ['Grüße aus Köln', 'สวัสดี', 'नमस्ते', 'مرحبا', '東京', '👩‍🚀 ❤️ 🇩🇪 1️⃣', 'e\u0301'])
      expect(visibleText(text)).toBe(text)
  })

  it('makes one line of many, and counts what is piled on a letter', () => {
    expect(visibleText('a\r\n\tb\n')).toBe('a b ')
    expect(visibleText(`a${'\u0301'.repeat(20)}`)).toBe(`a${'\u0301'.repeat(4)}⟦+16 marks⟧`)
  })

  it('leaves nothing that a terminal obeys or hides, whatever comes', () => {
    const units = fc.string({
      unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
      maxLength: 40,
    })
    const points = fc.string({ unit: 'binary', maxLength: 40 })
    fc.assert(
      fc.property(fc.oneof(units, points), (text) => {
        const shown = visibleText(text)
        expect(shown).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}]/u)
        expect(shown.replace(/\p{RGI_Emoji}/gv, '')).not.toMatch(/[\p{Cf}\p{Default_Ignorable_Code_Point}]/u)
      }),
    )
  })
})

describe('visibleJson', () => {
  it('is the same value with nothing hidden in it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string({ unit: 'binary' }), (value, text) => {
        const json = JSON.stringify([value, text])
        expect(JSON.parse(visibleJson(json))).toEqual(JSON.parse(json))
        expect(visibleJson(json)).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u)
      }),
    )
  })
})
