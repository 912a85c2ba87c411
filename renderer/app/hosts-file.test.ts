import { describe, expect, it } from 'vitest'
import { readHostsFile } from './hosts-file.ts'

describe('a hosts file', () => {
  it('gives each address its first name', () => {
    const text = `
      # the shop
      10.0.0.7\torders.shop orders   # the old one
      FD00::7  cart
      10.0.0.7 other
      127.0.0.1 localhost
      0.0.0.0 ads.example.com
      orders 10.0.0.8
      10.0.0.9
    `
    expect(readHostsFile(text)).toEqual({ '10.0.0.7': 'orders.shop', 'fd00::7': 'cart' })
  })

  it('is read with the line ends of any system, and as far as is useful', () => {
    expect(readHostsFile('10.0.0.1 a\r\n10.0.0.2 b\r\n')).toEqual({ '10.0.0.1': 'a', '10.0.0.2': 'b' })
    const many = Array.from({ length: 20_000 }, (_, i) => `10.1.${i >> 8}.${i & 255} h${i}`).join('\n')
    expect(Object.keys(readHostsFile(many))).toHaveLength(10_000)
    expect(readHostsFile('constructor x\n__proto__ y')).toEqual({})
  })
})
