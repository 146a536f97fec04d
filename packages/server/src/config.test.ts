import { describe, expect, test } from 'vitest'
import { checkConfig, ConfigError, defaultConfig, isLoopback, readConfig } from './config.ts'

const settingOf = (environment: Record<string, string>): string => {
  try {
    readConfig(environment)
    return 'accepted'
  } catch (error) {
    return error instanceof ConfigError ? error.setting : String(error)
  }
}

describe('the configuration', () => {
  test('listens on this machine alone unless told otherwise', () => {
    const config = readConfig({})
    expect(config).toMatchObject({ host: '127.0.0.1', port: 7717, data: './counterfoil-data' })
    expect(isLoopback(config.host)).toBe(true)
    expect(readConfig({ COUNTERFOIL_HOST: '0.0.0.0' }).host).toBe('0.0.0.0')
  })

  test('has no default secret', () => {
    expect(readConfig({})).not.toHaveProperty('metricsToken')
  })

  test('an empty variable is an absent one', () => {
    expect(readConfig({ COUNTERFOIL_PORT: '', COUNTERFOIL_HOST: '' })).toEqual(readConfig({}))
  })

  test.for([
    [{ COUNTERFOIL_PORT: '65536' }, 'COUNTERFOIL_PORT'],
    [{ COUNTERFOIL_PORT: '-1' }, 'COUNTERFOIL_PORT'],
    [{ COUNTERFOIL_PORT: '80x' }, 'COUNTERFOIL_PORT'],
    [{ COUNTERFOIL_HOST: 'a b' }, 'COUNTERFOIL_HOST'],
    [{ COUNTERFOIL_LOG_LEVEL: 'loud' }, 'COUNTERFOIL_LOG_LEVEL'],
    [{ COUNTERFOIL_PUBLIC_URL: 'https://audit.example/' }, 'COUNTERFOIL_PUBLIC_URL'],
    [{ COUNTERFOIL_PUBLIC_URL: 'audit.example' }, 'COUNTERFOIL_PUBLIC_URL'],
    [{ COUNTERFOIL_METRICS_TOKEN: 'short' }, 'COUNTERFOIL_METRICS_TOKEN'],
    [{ COUNTERFOIL_PUBLIC_URL: 'https://audit.example/log' }, 'accepted'],
    [{ COUNTERFOIL_PORT: '0' }, 'accepted'],
  ] as const)('%o: %s', ([environment, setting]) => {
    expect(settingOf(environment)).toBe(setting)
  })

  test('is checked wherever it came from', () => {
    expect(() => checkConfig({ ...defaultConfig, data: '' })).toThrow(ConfigError)
  })

  test.for(['127.0.0.1', '127.9.9.9', '::1', 'localhost'])('%s is loopback', (host) => {
    expect(isLoopback(host)).toBe(true)
  })

  test.for(['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.example.com', 'localhost.example'])('%s is not', (host) => {
    expect(isLoopback(host)).toBe(false)
  })
})
