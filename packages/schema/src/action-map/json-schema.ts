import { actionMapSchema } from './definition.ts'

/** The published JSON Schema 2020-12 of action maps: `spec/action-map.schema.json` is exactly this. */
export function actionMapJsonSchema(): object {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    ...(JSON.parse(JSON.stringify(actionMapSchema)) as object),
  }
}
