import type { HttpBindings } from '@hono/node-server'
import type { Principal } from '@counterfoil/ledger'
import type { Context } from 'hono'
import type { KeyAccess } from './auth.ts'
import type { ServerContext } from './context.ts'
import type { Parameters, ParameterValues } from './parameters.ts'

export type HttpContext = Context<{ Bindings: HttpBindings }>

/** Who may call a route: anybody, or a key; `own` means that the route looks at the key itself. */
export type Access = 'public' | 'own' | KeyAccess

/** What a handler gets. `principal` is there on every route that asks for a key. */
export interface Call<P extends Parameters, A extends Access> {
  readonly http: HttpContext
  readonly server: ServerContext
  readonly query: ParameterValues<P>
  readonly principal: A extends KeyAccess ? Principal : undefined
}

interface Answer {
  readonly description: string
  readonly mediaType?: string
  /** JSON Schema of the body. */
  readonly schema?: object
}

/** One line of the route table: what the app serves and what the OpenAPI document says. */
export interface Route<P extends Parameters = Parameters, A extends Access = Access> {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** In hono's notation, `/v1/runs/:id`. */
  readonly path: string
  readonly id: string
  readonly tag: 'events' | 'reading' | 'log' | 'administration' | 'operation'
  readonly access: A
  readonly summary: string
  readonly description?: string
  readonly query?: P
  readonly headers?: Readonly<Record<string, { readonly description: string; readonly schema: object }>>
  readonly body?: { readonly description: string; readonly content: Readonly<Record<string, object>> }
  readonly answers: Readonly<Record<number, Answer>>
  readonly handle: (call: Call<P, A>) => Promise<Response> | Response
}

/** A route whose types have been checked and are no longer needed. */
export type AnyRoute = Omit<Route, 'handle'> & {
  readonly handle: (call: Call<Parameters, Access>) => Promise<Response> | Response
}

/** Declares a route; parameters and principal of its handler follow from the declaration. */
export function defineRoute<const P extends Parameters, const A extends Access>(route: Route<P, A>): AnyRoute {
  // The app gives each handler exactly what its declaration asks for; see answerRoute in app.ts.
  return route as unknown as AnyRoute
}

export function json(http: HttpContext, body: unknown, status: 200 | 201 = 200): Response {
  return http.body(JSON.stringify(body), status, jsonHeaders)
}

/** Answers with a JSON text that is there already. */
export function jsonText(http: HttpContext, utf8: Uint8Array<ArrayBuffer>): Response {
  return http.body(utf8, 200, jsonHeaders)
}

const jsonHeaders = { 'content-type': 'application/json' }
