import { describe, expect, it } from 'vitest'
import { leftOut, withoutOurTraffic } from './own-traffic.ts'

const PORTS = '(tcp port 10250) or (tcp port 8132) or (tcp port 9345)'
const server = { address: '10.0.0.1', port: 6443 }
const other = { address: 'fd00::1', port: 443 }

describe('what a node captures', () => {
  it.each([
    ['', [], 'eth0', `not (${PORTS})`],
    ['', [server], 'eth0', `not (${PORTS} or (host 10.0.0.1 and tcp port 6443))`],
    ['udp or\n icmp', [other], 'eth0', `(udp or icmp) and not (${PORTS} or (host fd00::1 and tcp port 443))`],
    ['', [], 'any', `not (${PORTS} or (net 127.0.0.0/8) or (ip6 host ::1))`],
  ])('is %j without our own streams (API server %j, on %s)', (filter, endpoints, on, expected) => {
    expect(withoutOurTraffic(filter, endpoints, on)).toBe(expected)
  })

  it('is told', () => {
    expect(leftOut([server, other])).toMatch(/10250.*the API server at 10\.0\.0\.1 port 6443, fd00::1 port 443\.$/)
    expect(leftOut([])).toMatch(/could not be told\.$/)
  })
})
