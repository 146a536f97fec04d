import { hiddenCharacterClass } from '../fields.ts'
import { limits } from '../limits.ts'
import { shiftDecimal } from './decimal-shift.ts'
import type { ActionMap, AttributeRule, ReferenceRule, ToolRule } from './definition.ts'
import { digestOfValue, idOfValue, type DigestText } from './id-of-value.ts'
import { lookupTool } from './lookup-tool.ts'
import { resolvePointer } from './resolve-pointer.ts'

/** What one call means, in the words of the event envelope. */
export interface MappedAction {
  /** False when no map or no rule covers the tool: what it did to the world is unknown. */
  readonly mapped: boolean
  readonly type: string
  readonly effectClass: ToolRule['effect']
  readonly target?: { readonly type: string; readonly id: string; readonly version?: string }
  readonly alsoAffects?: readonly { readonly type: string; readonly id: string }[]
  readonly attributes?: Readonly<Record<string, string | number>>
  readonly reversibility?: NonNullable<ToolRule['reversibility']>
  readonly trust?: NonNullable<ToolRule['trust']>
  /** The rule it came from. */
  readonly rule?: ToolRule
}

/**
 * What a call of a tool means by the map. Without a map, or for a tool that the map does not know, the action is
 * `tool.<name>` of class `execute` with `mapped: false`.
 *
 * @param args the parsed arguments of the call; whatever a pointer does not find is left out, never guessed
 */
export function actionFromCall(
  map: ActionMap | undefined,
  name: string,
  args: unknown,
  digestText: DigestText,
): MappedAction {
  const rule = map === undefined ? undefined : lookupTool(map, name)
  if (rule === undefined) return { mapped: false, type: typeOfTool(name), effectClass: 'execute' }
  const [target, ...siblings] = rule.target === undefined ? [] : referencesOf(rule.target, args, digestText)
  const alsoAffects = [
    ...siblings,
    ...(rule.also_affects ?? []).flatMap((also) => referencesOf(also, args, digestText)),
  ]
    .slice(0, limits.alsoAffectsMax)
    .map(({ type, id }) => ({ type, id }))
  const attributes = attributesOf(rule.attributes, args)
  return {
    mapped: true,
    type: rule.action,
    effectClass: rule.effect,
    ...(target === undefined ? {} : { target }),
    ...(alsoAffects.length === 0 ? {} : { alsoAffects }),
    ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
    ...(rule.reversibility === undefined ? {} : { reversibility: rule.reversibility }),
    ...(rule.trust === undefined ? {} : { trust: rule.trust }),
    rule,
  }
}

/** `tool.<name>` in the alphabet of action types. */
function typeOfTool(name: string): string {
  const word = name
    .toLowerCase()
    .replace(/[^a-z0-9_.]+/g, '_')
    .slice(0, 59)
  return `tool.${word === '' ? 'unnamed' : word}`
}

/** A pointer to an array names several things: the first is the target, the others are affected too. */
function referencesOf(
  rule: ReferenceRule,
  args: unknown,
  digestText: DigestText,
): { type: string; id: string; version?: string }[] {
  if ('value' in rule) return [{ type: rule.type, id: rule.value }]
  const found = resolvePointer(args, rule.id)
  const version = rule.version === undefined ? undefined : idOfValue(resolvePointer(args, rule.version), digestText)
  return (Array.isArray(found) ? found.slice(0, limits.alsoAffectsMax) : [found]).flatMap((value) => {
    const id = rule.digest === true ? digestOfValue(value, digestText) : idOfValue(value, digestText)
    return id === undefined ? [] : [{ type: rule.type, id, ...(version === undefined ? {} : { version }) }]
  })
}

function attributesOf(
  rules: Readonly<Record<string, AttributeRule>> | undefined,
  args: unknown,
): Record<string, string | number> {
  const attributes: Record<string, string | number> = {}
  for (const [key, rule] of Object.entries(rules ?? {})) {
    const value = attributeOf(rule, args)
    if (value !== undefined) attributes[key] = value
  }
  return attributes
}

/** What an envelope refuses; the payload has the value as it is. */
const hiddenCharacters = new RegExp(`[${hiddenCharacterClass}]`, 'u')

function attributeOf(rule: AttributeRule, args: unknown): string | number | undefined {
  if (typeof rule === 'object' && 'value' in rule) return rule.value
  const found = resolvePointer(args, typeof rule === 'string' ? rule : rule.pointer)
  if (typeof rule === 'object') {
    return typeof found === 'number' || typeof found === 'string' ? shiftDecimal(found, rule.scale) : undefined
  }
  if (typeof found === 'boolean') return String(found)
  // The envelope knows no floats; a decimal keeps its digits as a string.
  if (typeof found === 'number') return Number.isSafeInteger(found) ? found + 0 : String(found)
  if (typeof found !== 'string' || hiddenCharacters.test(found)) return undefined
  // Too long for the envelope: the payload has it whole, and half a value would be a wrong one.
  return Array.from(found).length <= limits.attributeStringCodePointsMax ? found : undefined
}
