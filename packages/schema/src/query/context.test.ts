import { describe, expect, it } from 'vitest'
import { contextAt } from './context.ts'

/** The caret stands where the text has a `|`. */
const at = (marked: string) => contextAt(marked.replace('|', ''), marked.indexOf('|'))

describe('contextAt', () => {
  it.each([
    ['|', { kind: 'key', start: 0, end: 0, typed: '' }],
    ['out|c', { kind: 'key', start: 0, end: 4, typed: 'out' }],
    ['out|come:done', { kind: 'key', start: 0, end: 7, typed: 'out' }],
    ['a |', { kind: 'key', start: 2, end: 2, typed: '' }],
    ['(ac|', { kind: 'key', start: 1, end: 3, typed: 'ac' }],
    ['-|', { kind: 'key', start: 1, end: 1, typed: '' }],
    ['-cu|', { kind: 'key', start: 1, end: 3, typed: 'cu' }],
    ['(a)|', { kind: 'key', start: 3, end: 3, typed: '' }],
    ['outcome:|', { kind: 'value', key: 'outcome', start: 8, end: 8, typed: '', quoted: false }],
    ['outcome:mi|s x', { kind: 'value', key: 'outcome', start: 8, end: 11, typed: 'mi', quoted: false }],
    ['outcome:done,mi| x', { kind: 'value', key: 'outcome', start: 13, end: 15, typed: 'mi', quoted: false }],
    ['outcome:done,| x', { kind: 'value', key: 'outcome', start: 13, end: 13, typed: '', quoted: false }],
    ['TENANT:ac|', { kind: 'value', key: 'customer', start: 7, end: 9, typed: 'ac', quoted: false }],
    ['customer:"Acme L|', { kind: 'value', key: 'customer', start: 9, end: 16, typed: 'Acme L', quoted: true }],
    ['amount:>=50|', { kind: 'value', key: 'amount', start: 9, end: 11, typed: '50', quoted: false }],
    ['order:5|', { kind: 'value', key: 'order', start: 6, end: 7, typed: '5', quoted: false }],
    ['"wire tr|', { kind: 'text', start: 0, end: 8, typed: 'wire tr' }],
  ])('%s', (marked, expected) => {
    expect(at(marked)).toEqual(expected)
  })
})
