import type { TextRule } from './rule.ts'

/*
 * Is a payload worth a walk? These look at its text as it was sent, where a hint is enough: what they say too often only
 * costs time.
 */

/** `{"name": "Authorization", …}` */
const namePattern = /"(?:name|key|header|field)"\s{0,8}:\s{0,8}"[^"]{2,100}"/i
/** `["--password", "…"]` */
const optionPattern = /"--[^"]{2,100}"\s{0,64},/
/** `"rawHeaders": ["X-Api-Key", "…"]` */
const listPattern = /headers"\s{0,8}:\s{0,8}\[\s{0,64}"/i
/** `["X-Api-Key", "…"]`, from the bracket on. */
const itemPattern = /\[\s{0,64}"([^"]{2,100})"\s{0,64},/y

/** Rules for the text of a payload beside those for text. */
export function payloadRules(isSecretKey: (name: string) => boolean): TextRule[] {
  const rule = { id: 'named', description: '', source: '' }
  const accepts = (match: string): boolean => isSecretKey(match.split('"').at(-2) ?? '')
  return [
    { ...rule, anchors: ['"name"', '"key"', '"header"', '"field"'], pattern: namePattern, accepts },
    { ...rule, anchors: ['"--'], pattern: optionPattern, accepts },
    { ...rule, anchors: ['headers"'], pattern: listPattern },
  ]
}

/** Whether an array begins with a string that names what comes behind it. */
export function holdsNamedItem(text: string, isSecretKey: (name: string) => boolean): boolean {
  for (let open = text.indexOf('['); open >= 0; open = text.indexOf('[', open + 1)) {
    itemPattern.lastIndex = open
    const name = itemPattern.exec(text)?.[1]
    if (name !== undefined && isSecretKey(name)) return true
  }
  return false
}

/**
 * Whether a search in it does not see what a reader would: behind escapes, line feeds aside, which all rules know. Then
 * a name in quotes may stand in it, too; one in single quotes needs no escape.
 */
export function isOpaque(text: string): boolean {
  return (text.includes('\\') && /\\[^n]/.test(text)) || (text.includes("'") && /'(?:\s|\\n){0,8}:/.test(text))
}
