import { acceptsAssignment, acceptsAuthorization, isReference } from './credible.ts'
import { isPaymentCard } from './payment-card.ts'
import type { TextRule } from './rule.ts'

/** Secrets told by what stands around them. They come last: where two rules see the same secret, the first names it. */
export const textRules: readonly TextRule[] = [
  {
    id: 'private-key',
    description: 'PEM and PGP private key blocks, whole or cut off',
    source: 'RFC 7468',
    anchors: ['-----BEGIN'],
    pattern:
      /-----BEGIN[ A-Z0-9]{0,60}PRIVATE KEY(?: BLOCK)?-----(?:(?:[^-]|-(?!----)){16,32768}-----END[ A-Z0-9]{0,60}PRIVATE KEY(?: BLOCK)?-----|(?:(?:\s|\\[nr]){0,4}[A-Za-z0-9+/=]{20,8192}){1,400})/,
  },
  {
    id: 'jwt',
    description: 'JSON Web Tokens (`eyJ….eyJ….…`), signed or encrypted',
    source: 'RFC 7519',
    anchors: ['eyJ'],
    left: 'word',
    pattern:
      /eyJ[\w-]{10,4096}\.(?:eyJ[\w-]{8,16384}\.[\w-]{10,4096}={0,2}|[\w-]{0,2048}\.[\w-]{10,256}\.[\w-]{10,16384}\.[\w-]{10,256})/,
  },
  {
    id: 'url-credentials',
    description: 'The password in an address (`scheme://user:password@host`)',
    source: 'RFC 3986, section 3.2.1',
    anchors: ['://'],
    pattern: /(?<keep>:\/\/[^\s:/?#@"'<>\\]{0,128}:)[^\s/?#"'<>\\]{1,256}(?=@[\w.[-])/,
    accepts: (secret) => !isReference(secret),
  },
  {
    id: 'authorization',
    description: 'The value of an `Authorization` header in text',
    source: 'RFC 9110, section 11.6.2',
    anchors: ['authorization'],
    pattern:
      /(?<keep>authorization\\{0,6}["']?[ \t]{0,4}[:=][ \t]{0,4}\\{0,6}["']?)(?:[A-Za-z][\w-]{1,20}[ \t]{1,4})?[^\s"'\\,;]{6,4096}/i,
    accepts: acceptsAuthorization,
  },
  {
    id: 'bearer-token',
    description: 'The token behind the word `Bearer`',
    source: 'RFC 6750',
    anchors: ['bearer '],
    left: 'word',
    pattern: /(?<keep>bearer {1,4})[\w.~+/-]{16,4096}={0,2}/i,
    accepts: (secret) => /[0-9]/.test(secret),
  },
  {
    id: 'cookie',
    description: 'The value of a `Cookie` or `Set-Cookie` header in text',
    source: 'RFC 6265',
    anchors: ['cookie:', 'cookie":', "cookie':", 'cookie\\":'],
    pattern:
      /(?<keep>cookie\\{0,6}["']?:[ \t]{0,4}\\{0,6}["']?)[\w.-]{1,80}=[^\s;"'\\]{1,2048}(?:; ?[\w.-]{1,80}(?:=[^\s;"'\\]{0,2048})?){0,50}/i,
  },
  {
    id: 'curl-password',
    description: 'The password of `curl -u user:password`',
    source: 'curl manual',
    anchors: [' -u ', ' --user ', ' --user=', ' --proxy-user '],
    pattern:
      /(?<=curl[^\r\n]{0,300})(?<keep> -(?:u|-(?:proxy-)?user)[ =]\\{0,6}["']?[^\s:"'\\]{1,100}:)[^\s"'\\]{1,200}/,
    accepts: (secret) => !isReference(secret),
  },
  {
    id: 'assignment',
    description: 'What a name such as `password`, `secret`, `token` or `api_key` is set to in text',
    source: 'our own',
    anchors: [
      'passw',
      'passphrase',
      'pwd',
      'secret',
      'token',
      'apikey',
      'api_key',
      'api-key',
      'access_key',
      'accesskey',
    ],
    pattern:
      /(?<!(?:next|page|continuation|pagination|sync|cursor|public|redacted:[a-z0-9-]{0,40})[_-]?)(?<keep>(?:passw(?:or)?d|passphrase|pwd|(?:secret|api|access)[_-]?(?:access)?[_-]?key|secret|token)[0-9]{0,2}\\{0,6}["']?\]?(?:[ \t]|\\t){0,4}(?:=>|:=|={1,3}|:)(?:[ \t]|\\t){0,4}\\{0,6}["'`]?)(?:(?<=[^\\]")(?:[^"\\\r\n]|\\.){1,400}|(?<=[^\\]['`])(?:[^'`\\\r\n]|\\.){1,400}|(?<=\\["'`])[^"'`\\\r\n]{1,400}|(?<!["'`])(?![\w.]{1,100}\()[^\s"'`\\,;&<>(){}[\]|]{3,400})/i,
    accepts: acceptsAssignment,
  },
  {
    id: 'payment-card',
    description: 'Payment card numbers: issuer range, length and Luhn check digit must agree',
    source: 'ISO/IEC 7812',
    anchors: [],
    pattern:
      /(?:(?<![A-Za-z0-9.])|(?<=\\[nrtbf]))(?:[0-9]{4}(?<s4>[ -]?)[0-9]{4}\k<s4>[0-9]{4}\k<s4>[0-9]{4}|3[47][0-9]{2}(?<s6>[ -]?)[0-9]{6}\k<s6>[0-9]{5}|3[0689][0-9]{2}(?<s5>[ -]?)[0-9]{6}\k<s5>[0-9]{4})(?![A-Za-z0-9]|\.[0-9])/,
    accepts: isPaymentCard,
  },
]
