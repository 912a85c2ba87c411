import { describe, expect, it } from 'vitest'
import { linkTypeDescription, linkTypeName, maximumCapturedLength } from './link-types.ts'

describe('link types', () => {
  it("have tcpdump's names and a description", () => {
    expect([1, 113, 276, 127].map(linkTypeName)).toEqual(['EN10MB', 'LINUX_SLL', 'LINUX_SLL2', 'IEEE802_11_RADIO'])
    expect(linkTypeDescription(105)).toBe('802.11 wireless LAN')
  })

  it('have the same name under the values that different systems give raw IP', () => {
    expect([12, 14, 101].map(linkTypeName)).toEqual(['RAW', 'RAW', 'RAW'])
  })

  it('that are unknown are told by their number', () => {
    expect(linkTypeName(4711)).toBe('4711')
    expect(linkTypeDescription(4711)).toBe('link type 4711')
  })

  it('limit how long a packet can be, except where snap length or link say more', () => {
    expect(maximumCapturedLength(1, 96)).toBe(262_144)
    expect(maximumCapturedLength(1, 524_288)).toBe(524_288)
    expect(maximumCapturedLength(1, 0xffff_ffff)).toBe(262_144)
    expect(maximumCapturedLength(231, 0)).toBe(128 * 1024 * 1024)
  })
})
