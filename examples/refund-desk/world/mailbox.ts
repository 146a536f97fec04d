import { appendFileSync, existsSync, readFileSync } from 'node:fs'

export interface Mail {
  readonly to: string
  readonly subject: string
  readonly text: string
}

/** The mail server: another system. A message that was taken is a line in a file. */
export class Mailbox {
  readonly #file: string

  constructor(file: string) {
    this.#file = file
  }

  /** @returns the message id that the mail server gave */
  send(mail: Mail): string {
    const id = `msg_${String(this.messages().length + 1).padStart(4, '0')}`
    appendFileSync(this.#file, `${JSON.stringify({ id, ...mail })}\n`)
    return id
  }

  messages(): readonly (Mail & { readonly id: string })[] {
    if (!existsSync(this.#file)) return []
    const lines = readFileSync(this.#file, 'utf8').split('\n')
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Mail & { id: string })
  }
}
