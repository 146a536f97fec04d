/** Brackets inside one another in such a JSON; the rules for text see to what is deeper. */
const nestedBracketsMax = 500

/** Whether a text is a JSON object or array with members, white space around it aside. */
export function holdsJson(text: string): boolean {
  const first = text.trimStart().charCodeAt(0)
  if ((first !== 0x7b && first !== 0x5b) || !text.includes('"')) return false
  const last = text.trimEnd().at(-1)
  // A byte order mark counts as white space here but not in JSON.
  if (last !== (first === 0x7b ? '}' : ']') || isDeep(text)) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Whether brackets stand so deep inside one another that walking them would need too much stack. */
function isDeep(text: string): boolean {
  let open = 0
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === 0x7b || c === 0x5b) open++
    else if (c === 0x7d || c === 0x5d) open--
    if (open > nestedBracketsMax) return true
  }
  return false
}
