import type { VerifyReport } from '../report/log.ts'

export type Check = VerifyReport['checks'][number]

/** One check as it goes: counts, and keeps the first thing that is wrong. */
export class RunningCheck {
  readonly name: string
  count = 0
  firstBad: string | undefined
  note: string | undefined

  constructor(name: string) {
    this.name = name
  }

  bad(what: string): void {
    this.firstBad ??= what
  }

  report(): Check {
    return {
      name: this.name,
      ok: this.firstBad === undefined,
      count: this.count,
      ...(this.firstBad !== undefined && { first_bad: this.firstBad }),
      ...(this.note !== undefined && { note: this.note }),
    }
  }
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
}
