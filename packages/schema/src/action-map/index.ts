export { ActionMapError, actionMapErrorCodes, type ActionMapErrorCode } from './action-map-error.ts'
export {
  actionMapSchema,
  type ActionMap,
  type AttributeRule,
  type ReferenceRule,
  type ResultCondition,
  type ResultRules,
  type ToolRule,
} from './definition.ts'
export { parseActionMap, parseActionMapText } from './parse-action-map.ts'
export { actionMapJsonSchema } from './json-schema.ts'
export { lookupTool } from './lookup-tool.ts'
export { resolvePointer } from './resolve-pointer.ts'
export { idOfValue, type DigestText } from './id-of-value.ts'
export { actionFromCall, type MappedAction } from './action-from-call.ts'
export { judgeResult, type CallResult, type ResultVerdict } from './judge-result.ts'
