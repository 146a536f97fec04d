/**
 * What must not reach a terminal as it is: controls (they move the cursor, recolour, answer for the user), bidirectional
 * and other invisible characters (they show another text than is there), private use, separators of lines. Emoji
 * sequences that Unicode recommends keep their joiners and selectors.
 */
const emojiOrHidden = /\p{RGI_Emoji}|[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gv
const hidden = /^[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]$/v
/** More marks on one letter than any language writes; they would cover the lines around. */
const markPile = /(\p{M}{4})(\p{M}+)/gu

function token(character: string): string {
  return `⟦U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟧`
}

/**
 * Text of a log on one line, safe to print: white space of any kind becomes one space, everything hidden becomes a
 * visible token such as `⟦U+202E⟧`.
 */
export function visibleText(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\t\n\r ]+/g, ' ')
    .replace(emojiOrHidden, (match) => (hidden.test(match) ? token(match) : match))
    .replace(markPile, (_, first: string, rest: string) => `${first}⟦+${Array.from(rest).length} marks⟧`)
}

/** JSON for a terminal: the same value, with everything hidden as `\u` escapes. */
export function visibleJson(json: string): string {
  return json.replace(emojiOrHidden, (match) => (hidden.test(match) && match !== '\n' ? escapeUnits(match) : match))
}

function escapeUnits(text: string): string {
  return text
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')
}
