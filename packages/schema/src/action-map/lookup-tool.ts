import type { ActionMap, ToolRule } from './definition.ts'

/**
 * The rule for a tool: its own name, else the longest `prefix*`, else the map's default.
 *
 * @returns undefined when the map says nothing about the tool: its effect is then unknown
 */
export function lookupTool(map: ActionMap, name: string): ToolRule | undefined {
  // Tool names come from transcripts: `constructor` must not find Object's own.
  if (Object.hasOwn(map.tools, name)) return map.tools[name]
  let found: ToolRule | undefined
  let longest = -1
  for (const [pattern, rule] of Object.entries(map.tools)) {
    if (!pattern.endsWith('*')) continue
    const prefix = pattern.slice(0, -1)
    if (prefix.length > longest && name.startsWith(prefix)) {
      found = rule
      longest = prefix.length
    }
  }
  return found ?? map.default
}
