import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { findSharedData } from '../../../../test/shared-data.ts'
import { createRedactor } from './index.ts'

const casesFile = findSharedData('secretlint-cases/cases.jsonl.gz') ?? ''
const transcripts = findSharedData('tau-bench/tau2-retail-gpt41.json.gz') ?? ''
const isThere = casesFile !== '' && transcripts !== ''

interface Case {
  rule: string
  case: string
  label: 'secret' | 'clean'
  text: string
  findings: { start: number; end: number }[]
}

const redactor = createRedactor()

test('the data is there, at least in CI', () => {
  expect(isThere || process.env['CI'] !== 'true').toBe(true)
})

test.runIf(isThere)('labelled cases: what is missed and what is removed too much, by name', () => {
  const lines = gunzipSync(readFileSync(casesFile)).toString().trim().split('\n')
  const cases = lines.map((line) => JSON.parse(line) as Case)
  const left = cases.filter((one) => one.label === 'secret' && !isCaught(one)).map((one) => `${one.rule} ${one.case}`)
  const extra = cases.filter((one) => one.label === 'clean' && isChanged(one)).map((one) => `${one.rule} ${one.case}`)
  expect(cases).toHaveLength(133)
  expect(left).toEqual([
    // Account, tenant and client ids identify; they open nothing.
    'aws ng.AWS Account ID',
    'azure ng.ad_tenant_id',
    'azure ng.azure_client_id',
    // Rules of an example, made up for the tests of that tool.
    'example ng.secret',
    'filter-comments ng.secretlint-disable-line',
    'filter-comments ng.secretlint-disable-next-line',
    'filter-comments ng.secretlint-disable-secretlint-enable',
    'filter-comments ng.secretlint-disable-target-id',
    // Folders of a person are no secret.
    'no-homedir ng.homedir',
    'no-homedir ng.patial-homedir',
    // The expected find is the name of the setting; its value is removed.
    'pattern ng.filePathGlobs-aws-in-env',
    'pattern ng.filePathGlobs-negation',
    'pattern ng.pattern-allows-other-pattern',
    // 64 hexadecimal digits are a transaction or a hash far more often than a key.
    'secp256k1-privatekey ng.privkey',
  ])
  // Cases that are clean only by an allow-list, a disabled option or a placeholder that cannot be told from a secret.
  expect(extra.length).toBe(21)
})

test.runIf(isThere)('real transcripts of customer service lose nothing', () => {
  const text = gunzipSync(readFileSync(transcripts)).toString()
  const left: string[] = []
  JSON.parse(text, (name, value: unknown) => {
    if (redactor.isSecretKey(name)) left.push(name)
    if (typeof value === 'string' && redactor.redactString(value, '', []) !== value) left.push(value.slice(0, 200))
    return value
  })
  expect(left).toEqual([])
})

function isChanged({ text }: Case): boolean {
  return redactor.redactString(text, '', []) !== text
}

function isCaught(one: Case): boolean {
  const redacted = redactor.redactString(one.text, '', [])
  return redacted !== one.text && one.findings.every(({ start, end }) => !redacted.includes(one.text.slice(start, end)))
}
