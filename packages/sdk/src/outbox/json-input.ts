/** What `JSON.stringify` takes without losing anything: payloads are written as they are at the moment of recording. */
export type JsonInput =
  | string
  | number
  | boolean
  | null
  | readonly JsonInput[]
  | { readonly [key: string]: JsonInput | undefined }
