import { describe, expect, it } from 'vitest'
import { defaultInterface, tcpdumpCommand, withoutOurTraffic } from './tcpdump.ts'

describe('what a node captures', () => {
  it.each([
    ['', '10.0.0.1', 'eth0', 'not ((tcp port 10250) or (host 10.0.0.1))'],
    ['', undefined, 'eth0', 'not ((tcp port 10250))'],
    ['udp or\n icmp', '10.0.0.1', 'eth0', '(udp or icmp) and not ((tcp port 10250) or (host 10.0.0.1))'],
    ['', '10.0.0.1', 'any', 'not ((tcp port 10250) or (host 10.0.0.1) or (net 127.0.0.0/8) or (ip6 host ::1))'],
  ])('is %j without our own streams (API server %s, on %s)', (filter, server, on, expected) => {
    expect(withoutOurTraffic(filter, server, on)).toBe(expected)
  })
})

describe('the command', () => {
  it('has the filter as one argument behind --, whatever it holds', () => {
    const command = tcpdumpCommand([], { interface: 'eth0', snapLength: 128, filter: '-w /tmp/x; reboot' })
    expect(command.slice(-2)).toEqual(['--', '-w /tmp/x; reboot'])
    expect(command).toContain('--immediate-mode')
  })

  it('takes eth0 where there is one, else the first that is up and real', () => {
    const up = (name: string) => ({ name, up: true })
    expect(defaultInterface([up('lo'), up('net1'), up('eth0')])).toBe('eth0')
    expect(defaultInterface([up('any'), up('lo'), { name: 'dummy0', up: false }, up('ens5')])).toBe('ens5')
    expect(defaultInterface([up('lo')])).toBeUndefined()
  })
})
