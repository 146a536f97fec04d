import { createConfig, lintFromString } from '@redocly/openapi-core'
import { describe, expect, test } from 'vitest'
import { createDocument } from '../src/openapi.ts'
import { routes } from '../src/routes/index.ts'

interface Document {
  readonly openapi: string
  readonly paths: Record<string, Record<string, { operationId: string }>>
  readonly components: { readonly schemas: Record<string, object> }
}

const document = (await createDocument(routes)) as Document

describe('the OpenAPI document', () => {
  test('is OpenAPI 3.1 and passes the recommended lint rules', async () => {
    expect(document.openapi).toMatch(/^3\.1\./)
    const config = await createConfig({
      extends: ['recommended'],
      rules: { 'operation-4xx-response': 'error', 'no-unused-components': 'error' },
    })
    const problems = await lintFromString({ source: JSON.stringify(document), absoluteRef: 'openapi.json', config })
    expect(
      problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer ?? ''}`),
    ).toEqual([])
  })

  test('names each route of the app, and no other', () => {
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    const served = routes.map(
      ({ method, path }) =>
        `${method} ${path.replaceAll(/:([a-z]+)(?:\{[^}]*\})?/g, (_, name: string) => `{${name}}`)}`,
    )
    expect(described.toSorted()).toEqual(served.toSorted())
  })

  test('has a reference for every schema that it names', () => {
    const text = JSON.stringify(document)
    const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name ?? '')
    expect(references.length).toBeGreaterThan(100)
    expect(references.filter((name) => !(name in document.components.schemas))).toEqual([])
    expect(text.length).toBeLessThan(200_000)
  })
})
