import { describe, expect, it } from 'vitest'
import { addressFilter, endpointText, pairFilter, withCondition } from './filter-text.ts'

describe('filters made from what is on screen', () => {
  it('use the field of the address family', () => {
    expect(addressFilter('10.0.0.1')).toBe('ip.addr == 10.0.0.1')
    expect(addressFilter('fe80::1')).toBe('ipv6.addr == fe80::1')
    expect(addressFilter('0a:58:0a:f4:01:07')).toBe('eth.addr == 0a:58:0a:f4:01:07')
  })

  it('add a condition without changing what the others mean', () => {
    expect(withCondition('', 'dns')).toBe('dns')
    expect(withCondition('ip', 'dns')).toBe('ip && dns')
    expect(withCondition('tcp || udp', 'dns')).toBe('(tcp || udp) && dns')
    expect(withCondition('tcp or udp', 'dns')).toBe('(tcp or udp) && dns')
  })

  it('do not add the same condition twice', () => {
    expect(withCondition('ip && dns', 'dns')).toBe('ip && dns')
    expect(withCondition('dns', 'dns')).toBe('dns')
    expect(withCondition('(tcp || udp) && dns', 'dns')).toBe('(tcp || udp) && dns')
    expect(withCondition('tcp && ip && dns', 'ip && dns')).toBe('tcp && ip && dns')
  })

  it('add one that only a part of the others has', () => {
    expect(withCondition('tcp || udp && dns', 'dns')).toBe('(tcp || udp && dns) && dns')
    expect(withCondition('frame contains "(" || frame contains ")"', 'dns')).toBe(
      '(frame contains "(" || frame contains ")") && dns',
    )
  })

  it('add one that stands only within parentheses', () => {
    expect(withCondition('!(tcp && dns && ip)', 'dns')).toBe('!(tcp && dns && ip) && dns')
    expect(withCondition('((tcp || udp) && ip)', 'dns')).toBe('((tcp || udp) && ip) && dns')
  })

  it('keep a condition that is a choice together', () => {
    expect(withCondition('ip', 'tcp || udp')).toBe('ip && (tcp || udp)')
    expect(withCondition('ip', '(tcp || udp)')).toBe('ip && (tcp || udp)')
    expect(withCondition('tcp xor udp', 'ip')).toBe('(tcp xor udp) && ip')
  })

  it('find what two addresses said to each other, also those that are the same', () => {
    expect(pairFilter('10.0.0.1', '10.0.0.2')).toBe('ip.addr == 10.0.0.1 && ip.addr == 10.0.0.2')
    expect(pairFilter('::1', '::1')).toBe('ipv6.src == ::1 && ipv6.dst == ::1')
  })

  it('tell an IPv6 address from its port', () => {
    expect(endpointText('fe80::1', 443)).toBe('[fe80::1]:443')
    expect(endpointText('10.0.0.1', 443)).toBe('10.0.0.1:443')
    expect(endpointText('10.0.0.1', undefined)).toBe('10.0.0.1')
  })
})
