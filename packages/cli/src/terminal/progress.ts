/** Says on standard error how far long work has come: one line that is rewritten, or a line now and then in a pipe. */
export interface Progress {
  show(text: string): void
  /** Removes the line. */
  end(): void
}

const redrawMs = 100
const pipeEveryMs = 5_000

export function createProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  const everyMs = stream.isTTY ? redrawMs : pipeEveryMs
  // In a pipe short work says nothing.
  let shownMs = stream.isTTY ? 0 : performance.now()
  let isDrawn = false
  return {
    show(text) {
      const now = performance.now()
      if (now - shownMs < everyMs) return
      shownMs = now
      stream.write(stream.isTTY ? `\r\u001b[2K${text}` : `${text}\n`)
      isDrawn = true
    },
    end() {
      if (isDrawn && stream.isTTY) stream.write('\r\u001b[2K')
      isDrawn = false
    },
  }
}

/** `41 % (12,300 of 30,000 entries)`. */
export function howFar(done: number, total: number, what: string): string {
  const percent = total === 0 ? 100 : Math.floor((done / total) * 100)
  return `${percent} % (${countText(done)} of ${countText(total)} ${what})`
}

/** `12,300`. */
export function countText(count: number): string {
  return count.toLocaleString('en-US')
}
