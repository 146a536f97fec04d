/**
 * The Standard Schema interface, version 1, as far as the recorder uses it: what zod, valibot, arktype and others implement,
 * so that any of them can say what the parameters of an action are.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

export interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** What callers give. */
export type InputOf<S extends StandardSchema> = NonNullable<S['~standard']['types']>['input']

/** What functions get. */
export type OutputOf<S extends StandardSchema> = NonNullable<S['~standard']['types']>['output']

/** Where an issue is, as a JSON Pointer. */
export function issuePointer({ path = [] }: SchemaIssue): string {
  return path
    .map((part) => String(typeof part === 'object' ? part.key : part))
    .map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('')
}
