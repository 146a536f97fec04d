import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { JsonNumber, parseJson, stringifyJson, type JsonObject, type JsonValue, type RawJson } from '../json/index.ts'
import { createRedactor, defaultTextRules, keyRules, type Redaction } from './index.ts'

/** Repeats characters to a length, so that no secret stands in this file. */
const fill = (unit: string, length: number): string => unit.repeat(length).slice(0, length)
const hex = (length: number): string => fill('0a1b2c3d4e5f', length)
const word = (length: number): string => fill('aB3dE6gH9', length)
const letters = (length: number): string => fill('aBcDeF', length)
const upper = (length: number): string => fill('A2B3C4', length)
const uuid = (): string => [8, 4, 4, 4, 12].map(hex).join('-')

const examples: Readonly<Record<string, () => string>> = {
  'anthropic-key': () => `sk-ant-api03-${word(95)}`,
  'openrouter-key': () => `sk-or-v1-${hex(64)}`,
  'openai-key': () => `sk-proj-${word(120)}`,
  'aws-access-key': () => `AKIA${upper(16)}`,
  'aws-bedrock-key': () => `ABSK${word(120)}`,
  'google-api-key': () => `AIza${word(35)}`,
  'google-oauth': () => `ya29.${word(80)}`,
  'azure-entra-secret': () => `${word(3)}8Q~${word(34)}`,
  'azure-shared-key': () => `AccountKey=${word(86)}==`,
  'azure-sas': () => `?sig=${word(43)}=`,
  'alibaba-key': () => `LTAI${word(20)}`,
  'yandex-key': () => `AQVN${word(36)}`,
  'digitalocean-token': () => `dop_v1_${hex(64)}`,
  'cloudflare-token': () => `cfut_${word(48)}`,
  'fly-token': () => `fo1_${word(43)}`,
  'heroku-key': () => `HRKU-AA${word(58)}`,
  'supabase-key': () => `sbp_${hex(40)}`,
  'planetscale-token': () => `pscale_tkn_${word(43)}`,
  'databricks-token': () => `dapi${hex(32)}`,
  'clickhouse-key': () => `4b1d${word(38)}`,
  'vault-token': () => `hvs.${word(95)}`,
  'terraform-token': () => `${word(14)}.atlasv1.${word(64)}`,
  'pulumi-token': () => `pul-${hex(40)}`,
  'doppler-token': () => `dp.pt.${word(43)}`,
  'tailscale-key': () => `tskey-auth-${word(12)}-${word(24)}`,
  'vercel-token': () => `vcp_${word(40)}`,
  'dnkey-token': () => `dnkey-${word(26)}-${word(52)}`,
  'openshift-token': () => `sha256~${word(43)}`,
  'scalingo-token': () => `tk-us-${word(48)}`,
  'onepassword-token': () => `ops_eyJ${word(250)}`,
  'age-secret-key': () => `AGE-SECRET-KEY-1${fill('QPZRY9', 58)}`,
  'huggingface-token': () => `hf_${letters(34)}`,
  'groq-key': () => `gsk_${word(52)}`,
  'perplexity-key': () => `pplx-${word(48)}`,
  'xai-key': () => `xai-${word(80)}`,
  'replicate-token': () => `r8_${word(37)}`,
  'langsmith-key': () => `lsv2_pt_${hex(32)}_${hex(10)}`,
  'github-token': () => `ghp_${word(36)}`,
  'gitlab-token': () => `glpat-${word(20)}`,
  'gitlab-session': () => `_gitlab_session=${hex(32)}`,
  'npm-token': () => `npm_${word(36)}`,
  'pypi-token': () => `pypi-AgEIcHlwaS5vcmc${word(80)}`,
  'rubygems-key': () => `rubygems_${hex(48)}`,
  'clojars-token': () => `CLOJARS_${hex(60)}`,
  'docker-token': () => `dckr_pat_${word(27)}`,
  'sonar-token': () => `squ_${hex(40)}`,
  'sourcegraph-token': () => `sgp_${hex(40)}`,
  'artifactory-key': () => `AKCp${word(69)}`,
  'octopus-key': () => `API-${upper(26)}`,
  'harness-key': () => `pat.${word(22)}.${word(24)}.${word(20)}`,
  'prefect-token': () => `pnu_${word(36)}`,
  'postman-key': () => `PMAK-${hex(24)}-${hex(34)}`,
  'readme-key': () => `rdme_${hex(70)}`,
  'infracost-key': () => `ico-${word(32)}`,
  'sentry-token': () => `sntryu_${hex(64)}`,
  'newrelic-key': () => `NRAK-${upper(27)}`,
  'dynatrace-token': () => `dt0c01.${upper(24)}.${upper(64)}`,
  'grafana-token': () => `glsa_${word(32)}_${hex(8)}`,
  'slack-token': () => `xoxb-${fill('123', 12)}-${fill('456', 12)}-${word(24)}`,
  'slack-webhook': () => `https://hooks.slack.com/services/T${upper(8)}/B${upper(8)}/${word(24)}`,
  'discord-webhook': () => `https://discord.com/api/webhooks/${fill('12', 18)}/${word(68)}`,
  'teams-webhook': () => `https://acme.webhook.office.com/webhookb2/${uuid()}@${uuid()}/IncomingWebhook/${hex(32)}`,
  'stripe-key': () => `sk_live_${word(24)}`,
  'webhook-secret': () => `whsec_${word(32)}`,
  'sendgrid-key': () => `SG.${word(22)}.${word(43)}`,
  'twilio-key': () => `SK${hex(32)}`,
  'mailgun-key': () => `key-${hex(32)}`,
  'mailchimp-key': () => `${hex(32)}-us12`,
  'brevo-key': () => `xkeysib-${hex(64)}-${word(16)}`,
  'linear-key': () => `lin_api_${word(40)}`,
  'notion-token': () => `ntn_${fill('12', 11)}${word(35)}`,
  'telegram-token': () => `${fill('12', 9)}:AA${word(33)}`,
  'shopify-token': () => `shpat_${hex(32)}`,
  'square-token': () => `EAAA${word(60)}`,
  'facebook-token': () => `EAAC${word(120)}`,
  'figma-token': () => `figd_${word(40)}`,
  'atlassian-token': () => `ATATT3${word(186)}`,
  'airtable-token': () => `pat${word(14)}.${hex(64)}`,
  'adobe-secret': () => `p8e-${word(32)}`,
  'duffel-token': () => `duffel_live_${word(43)}`,
  'easypost-key': () => `EZAK${word(54)}`,
  'flutterwave-key': () => `FLWSECK_TEST-${hex(32)}-X`,
  'frameio-token': () => `fio-u-${word(64)}`,
  'intra42-secret': () => `s-s4t2ud-${hex(64)}`,
  'mapbox-token': () => `sk.eyJ${word(60)}.${word(22)}`,
  'maxmind-key': () => `${word(6)}_${word(29)}_mmk`,
  'plaid-token': () => `access-sandbox-${uuid()}`,
  'settlemint-token': () => `sm_pat_${word(16)}`,
  'shippo-token': () => `shippo_live_${hex(40)}`,
  'typeform-token': () => `tfp_${word(59)}`,
  'private-key': () => `-----BEGIN RSA PRIVATE KEY-----\n${word(64)}\n${word(20)}=\n-----END RSA PRIVATE KEY-----`,
  jwt: () => `eyJ${word(20)}.eyJ${word(40)}.${word(43)}`,
  'url-credentials': () => 'postgres://ada:hunter2@db.example.com/x',
  'url-credentials-encoded': () => 'https%3A%2F%2Fada%3Ahunter2%40db.example.com%2Fx',
  'url-token': () => `https://${word(24)}@git.example.com/x`,
  'url-signature': () => `https://files.example.com/x?X-Amz-Signature=${hex(64)}`,
  'cli-secret': () => 'mysql -u root --password hunter22',
  element: () => '<password>hunter22</password>',
  authorization: () => 'Authorization: Basic dXNlcjpwYXNz',
  'bearer-token': () => `Bearer ${word(24)}`,
  cookie: () => 'Cookie: sid=abc123',
  'curl-password': () => 'curl https://x.example -u ada:hunter2',
  assignment: () => 'DB_PASSWORD=hunter2',
  'payment-card': () => `4${fill('1', 15)}`,
}

const redactor = createRedactor()

function raw(text: string): RawJson {
  const event = parseJson(`{"payload":${text}}`, { raw: 'payload', isInteresting: redactor.isSecretKey }) as JsonObject
  return event['payload'] as RawJson
}

function redactText(text: string): string {
  return redactor.redactString(text, '', [])
}

function redactPayload(text: string): { text: string; out: Redaction[] } {
  const out: Redaction[] = []
  return { text: redactor.redactPayload(raw(text), out), out }
}

describe('every rule for text', () => {
  const rules = defaultTextRules.map((rule) => ({ id: rule.id, rule }))

  test('has its own id and an example', () => {
    const ids = defaultTextRules.map((rule) => rule.id)
    expect(new Set([...ids, ...keyRules.map((rule) => rule.id)]).size).toBe(ids.length + keyRules.length)
    expect(Object.keys(examples).toSorted((a, b) => (a < b ? -1 : 1))).toEqual(ids.toSorted((a, b) => (a < b ? -1 : 1)))
    expect(ids.every((id) => /^[a-z0-9-]{1,40}$/.test(id))).toBe(true)
  })

  test.each(rules)('$id is found in the middle of text, and the text around it survives', ({ id }) => {
    const example = examples[id]?.() ?? ''
    const out: Redaction[] = []
    const redacted = redactor.redactString(`before ${example} after`, '/payload/x', out)
    expect(out).toEqual([{ path: '/payload/x', rule: id }])
    expect(redacted.startsWith('before ')).toBe(true)
    expect(redacted.endsWith(' after')).toBe(true)
    expect(redacted).toContain(`[redacted:${id}]`)
  })

  test.each(rules)('$id is found in JSON text behind escapes', ({ id }) => {
    const example = examples[id]?.() ?? ''
    for (const text of [
      JSON.stringify({ a: `x\n${example}\n` }),
      JSON.stringify({ a: JSON.stringify([`x\t${example}`]) }),
    ]) {
      const result = redactPayload(text)
      expect(result.out).toEqual([{ path: '/payload/a', rule: id }])
    }
    // Every character as a \u escape.
    const escaped = Array.from(example, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')
    expect(redactPayload(`["${escaped}"]`).out).toEqual([{ path: '/payload/0', rule: id }])
  })
})

describe('property', () => {
  const secretText = fc
    .array(
      fc.oneof(
        fc.constantFrom(...Object.values(examples).map((make) => make())),
        fc.constantFrom(
          'password',
          'token',
          'secret',
          '=',
          ': ',
          '"',
          "'",
          '\\',
          '\n',
          '\t',
          'Authorization',
          '-----BEGIN RSA PRIVATE KEY-----',
          fill('aB3dE6gH9', 30),
          '\u200b',
          'otp',
          "'otp': '448812'",
          'name',
          'value',
          'hunter22',
          '://',
          '@',
          '[redacted:',
          'a1',
          '{',
          '}',
        ),
        fc.string({ unit: 'binary', maxLength: 8 }),
      ),
      { maxLength: 8 },
    )
    .map((parts) => parts.join(''))
  const json = fc.letrec<{ value: JsonValue }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      secretText,
      fc.integer(),
      fc.constantFrom<JsonValue>(null, true, new JsonNumber('1.0')),
      secretText.map((text) => JSON.stringify({ password: text })),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.oneof(fc.constantFrom('password', 'name', 'value', 'tokens'), secretText), tie('value'), {
        maxKeys: 4,
      }),
    ),
  })).value

  test('redacting twice is redacting once', () => {
    fc.assert(
      fc.property(secretText, (text) => {
        const once = redactText(text)
        expect(redactText(once)).toBe(once)
      }),
      { numRuns: 1_000 },
    )
    fc.assert(
      fc.property(json, (value) => {
        const once = redactPayload(stringifyJson(value)).text
        expect(redactPayload(once)).toEqual({ text: once, out: [] })
      }),
      { numRuns: 1_000 },
    )
  })

  test('the text of a payload and its tree lose the same parts', () => {
    fc.assert(
      fc.property(json, (value) => {
        const text = stringifyJson(value)
        const out: Redaction[] = []
        const tree = redactor.redactValue(value, '/payload', out)
        const result = redactPayload(text)
        expect(stringifyJson(tree)).toBe(result.text)
        expect(result.out).toEqual(out)
        expect(tree === value).toBe(out.length === 0)
      }),
      { numRuns: 1_000 },
    )
  })

  test('no text takes more than linear time', () => {
    for (const unit of [
      'password=',
      '://a:',
      'eyJ',
      '-----BEGIN PRIVATE KEY-----',
      'token"',
      'curl -u a:',
      '4111 ',
      '{"a":',
    ])
      expect(redactText(unit.repeat(20_000)).length).toBeGreaterThan(0)
  })
})
