export { canonicalJson } from './canonical-json.ts'
export { decodeUtf8 } from './decode-utf8.ts'
export { JsonError, jsonErrorCodes, type JsonErrorCode } from './json-error.ts'
export { escapePointerToken } from './json-pointer.ts'
export { JsonNumber, RawJson, isJsonObject, type JsonObject, type JsonValue } from './json-value.ts'
export {
  jsonDepthMax,
  parseEventArray,
  parseJson,
  parseNdjson,
  splitNdjson,
  type BatchItem,
  type ParseBatchOptions,
  type ParseJsonOptions,
} from './parse-json.ts'
export { stringifyJson } from './stringify-json.ts'
