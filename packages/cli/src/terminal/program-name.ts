/** How this program is called here, for lines that a person will copy: npm says when it was npx. */
export function programName(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  return environment['npm_command'] === 'exec' ? 'npx counterfoil' : 'counterfoil'
}
