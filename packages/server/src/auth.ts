import { hash } from 'node:crypto'
import type { KeyRing, Principal, Scope } from '@counterfoil/ledger'
import { ProblemError } from './problem.ts'

/** What a route asks of a key. `any` is any valid key of the log; the others name the scopes of which one is enough. */
export const accessScopes = {
  any: undefined,
  write: ['ingest', 'policy', 'observe', 'admin'],
  read: ['read', 'admin'],
  admin: ['admin'],
} as const satisfies Record<string, readonly Scope[] | undefined>

export type KeyAccess = keyof typeof accessScopes

/** A revoked key is refused after at most this time; at once when it was revoked through this server. */
const cacheMs = 1_000
const cacheEntriesMax = 1_000

/** Finds out who asks. */
export interface Authenticator {
  /** @throws ProblemError `unauthenticated` */
  authenticate(authorization: string | undefined): Promise<Principal>
  /** Forgets what it remembers, after keys have changed. */
  forget(): void
}

/** The bearer token of an Authorization header. */
export function readBearer(authorization: string | undefined): string | undefined {
  return authorization === undefined ? undefined : /^Bearer +([\x21-\x7e]{1,512}) *$/i.exec(authorization)?.[1]
}

export function createAuthenticator(keys: Pick<KeyRing, 'authenticate'>): Authenticator {
  // Keyed by digest, so that no token stays in memory longer than its request.
  const known = new Map<string, { readonly principal: Principal; readonly until: number }>()
  return {
    async authenticate(authorization) {
      const token = readBearer(authorization)
      if (token === undefined) throw unauthenticated(authorization === undefined)
      const digest = hash('sha256', token, 'base64')
      const cached = known.get(digest)
      const now = performance.now()
      if (cached !== undefined && cached.until > now) return cached.principal
      known.delete(digest)
      const principal = await keys.authenticate(token)
      if (principal === undefined) throw unauthenticated(false)
      if (known.size >= cacheEntriesMax) known.clear()
      known.set(digest, { principal, until: now + cacheMs })
      return principal
    },
    forget: () => known.clear(),
  }
}

function unauthenticated(isMissing: boolean): ProblemError {
  return new ProblemError(
    'unauthenticated',
    isMissing
      ? 'Send "Authorization: Bearer <key>". Keys are made by `counterfoil keys create`.'
      : 'The key is not known here, or was revoked.',
    { headers: { 'www-authenticate': `Bearer realm="counterfoil"${isMissing ? '' : ', error="invalid_token"'}` } },
  )
}

/** @throws ProblemError `scope_missing` */
export function requireAccess(principal: Principal, access: KeyAccess): void {
  const wanted: readonly Scope[] | undefined = accessScopes[access]
  if (wanted === undefined || wanted.some((scope) => principal.scopes.includes(scope))) return
  throw new ProblemError('scope_missing', `This needs a key with scope ${wanted.join(' or ')}.`, {
    headers: {
      'www-authenticate': `Bearer realm="counterfoil", error="insufficient_scope", scope="${wanted.join(' ')}"`,
    },
  })
}
