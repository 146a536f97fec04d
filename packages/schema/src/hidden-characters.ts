/**
 * What no free string of an envelope may hold, as a class of a regular expression with the flag `u`: control, format
 * (bidirectional, zero-width), line separators, lone surrogates, and letters that show nothing.
 */
export const hiddenCharacterClass = String.raw`\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0`
