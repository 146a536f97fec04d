import { LedgerError, ledgerErrorCodes, StoreError, storeErrorCodes } from '@counterfoil/ledger'
import { EventError, eventErrorCodes } from '@counterfoil/schema'
import { JsonError, jsonErrorCodes } from '@counterfoil/schema/json'
import { describe, expect, test } from 'vitest'
import { problemDocument, problemHeaders, ProblemError, toProblem } from './problem.ts'
import { httpErrorCodes, problemTable } from './problem-table.ts'

describe('problems', () => {
  test('every code of every layer has a status, and the table has no other', () => {
    const codes = [...eventErrorCodes, ...jsonErrorCodes, ...ledgerErrorCodes, ...storeErrorCodes, ...httpErrorCodes]
    expect(Object.keys(problemTable).toSorted()).toEqual([...new Set<string>(codes)].toSorted())
  })

  test.for([
    [new EventError('type_reserved', '/event_type', 'x'), 403],
    [new EventError('id_conflict', '/event_id', 'x'), 409],
    [new EventError('payload_too_large', '/payload', 'x'), 413],
    [new EventError('field_missing', '/run_id', 'x'), 422],
    [new JsonError('json_invalid', 'x', 3, ''), 400],
    [new LedgerError('run_unknown', 'x'), 404],
    [new StoreError('disk_full', 'x'), 507],
    [new StoreError('io_error', 'x'), 500],
    [new Error('x'), 500],
  ] as const)('%s answers %i', ([error, status]) => {
    expect(problemDocument(toProblem(error)).status).toBe(status)
  })

  test('carries code, urn and pointer', () => {
    const document = problemDocument(toProblem(new EventError('field_unknown', '/a~1b', 'No such field.')))
    expect(document).toMatchObject({
      type: 'urn:counterfoil:problem:field_unknown',
      code: 'field_unknown',
      status: 422,
      detail: 'No such field.',
      pointer: '/a~1b',
    })
    expect(document.instance).toMatch(/^urn:uuid:[0-9a-f-]{36}$/)
  })

  test('says nothing of what happens inside', () => {
    const inside = 'SELECT * FROM leaf -- /var/lib/counterfoil'
    for (const error of [new Error(inside), new TypeError(inside), new StoreError('io_error', inside), inside, null]) {
      const text = JSON.stringify(problemDocument(toProblem(error)))
      expect(text).not.toContain('SELECT')
      expect(text).not.toContain('/var/lib')
    }
    expect(problemDocument(toProblem(new Error(inside))).code).toBe('internal_error')
  })

  test('extension members cannot replace what the standard defines', () => {
    const problem = new ProblemError('busy', 'x', { members: { status: 200, code: 'fine', size: 3 } })
    expect(problemDocument(problem)).toMatchObject({ status: 503, code: 'busy', size: 3 })
  })

  test('says when to come back where that helps', () => {
    expect(problemHeaders(new ProblemError('busy', ''))).toMatchObject({ 'retry-after': '1' })
    expect(problemHeaders(new ProblemError('run_unknown', ''))).not.toHaveProperty('retry-after')
  })
})
