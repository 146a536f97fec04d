/** Digests are for programs; their beginning is enough to tell them apart. `--json` has them whole. */
export function shortDigests(text: string): string {
  return text.replace(/\b(sha256:[0-9a-f]{8})[0-9a-f]{56}\b/g, '$1…')
}
