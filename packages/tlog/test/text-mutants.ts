/**
 * Everything that can go wrong with a text by one step: each place changed, cut, doubled or grown, each line dropped,
 * doubled, swapped or moved to the end, line ends and spaces changed. None equals the original; no two are alike.
 */
export function mutantsOfText(text: string): string[] {
  const mutants = new Set<string>()
  const chars = Array.from(text)
  chars.forEach((char, i) => {
    const before = chars.slice(0, i).join('')
    const after = chars.slice(i + 1).join('')
    const code = char.codePointAt(0) ?? 0
    mutants.add(before)
    mutants.add(before + after)
    mutants.add(before + char + char + after)
    for (const bit of [1, 2, 32, 128]) mutants.add(before + String.fromCodePoint(code ^ bit) + after)
    for (const other of ['\n', '\r\n', ' ', '\t', '\0', '=', '+', '0', 'A', '\u00a0', '\ufeff', '\ud800']) {
      mutants.add(before + other + char + after)
      mutants.add(before + other + after)
    }
  })
  const lines = text.split('\n').slice(0, -1)
  lines.forEach((line, i) => {
    const others = lines.toSpliced(i, 1)
    mutants.add(joinLines(others))
    mutants.add(joinLines(lines.toSpliced(i, 0, line)))
    mutants.add(joinLines([...others, line]))
    for (let j = i + 1; j < lines.length; j++) mutants.add(joinLines(lines.with(i, lines[j] ?? '').with(j, line)))
    if (/^(index )?\d+$/.test(line)) {
      const [head = '', digits = ''] = line.startsWith('index ') ? ['index ', line.slice(6)] : ['', line]
      for (const number of numberMutants(digits)) mutants.add(joinLines(lines.with(i, head + number)))
    }
  })
  mutants.add(text.replaceAll('\n', '\r\n'))
  for (const tail of ['\n', ' ', '\0', '\r\n', 'x', text]) mutants.add(text + tail)
  for (const head of ['\n', ' ', '\ufeff', text]) mutants.add(head + text)
  mutants.delete(text)
  return [...mutants]
}

function numberMutants(digits: string): string[] {
  const value = BigInt(digits)
  const numbers = [value + 1n, value - 1n, value * 2n, -value, ...powers().map((power) => value + power)]
  return [...numbers.map(String), `0${digits}`, `+${digits}`, `${digits}.0`, `${digits}e0`, `0x${digits}`, ` ${digits}`]
}

function powers(): bigint[] {
  return Array.from({ length: 65 }, (_, k) => 1n << BigInt(k))
}

function joinLines(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('')
}
