/** The member of that very name: `constructor` and `__proto__` are names like any other when a producer chooses them. */
export function ownValue<Value>(record: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined
}

export function setOwn<Value>(record: Record<string, Value>, name: string, value: Value): void {
  Object.defineProperty(record, name, { value, configurable: true, enumerable: true, writable: true })
}
