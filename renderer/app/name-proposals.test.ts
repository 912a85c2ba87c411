import { describe, expect, it } from 'vitest'
import { nameProposals } from './name-proposals.ts'

const NAMES = new Map([
  ['10.244.1.17', { name: 'payments-7d9f6c5b8-xk2lp.shop', source: 'a DNS answer in the capture' }],
  ['fd00::9', { name: 'payments-db-0.shop', source: 'a hosts file you added' }],
  ['10.244.2.21', { name: 'orders-0.shop', source: 'a hosts file you added' }],
])
const proposed = (text: string) => nameProposals(text, text.length, NAMES).map((each) => each.text)

describe('proposals by name', () => {
  it('are conditions on the addresses that have the word in their name', () => {
    expect(nameProposals('Payments', 8, NAMES)).toEqual([
      { text: 'ip.addr == 10.244.1.17', from: 0, to: 8, about: 'payments-7d9f6c5b8-xk2lp.shop' },
      { text: 'ipv6.addr == fd00::9', from: 0, to: 8, about: 'payments-db-0.shop' },
    ])
    expect(proposed('tcp && orders-0')).toEqual(['ip.addr == 10.244.2.21'])
  })
  it('replace the word at the caret alone', () => {
    expect(nameProposals('orders && tcp', 6, NAMES)).toMatchObject([{ from: 0, to: 6 }])
    expect(nameProposals('!orders-0 && tcp', 4, NAMES)).toMatchObject([{ from: 1, to: 9 }])
  })
  it('are addresses behind an operator', () => {
    expect(proposed('ip.src == orders')).toEqual(['10.244.2.21'])
    expect(proposed('ip.src eq orders')).toEqual(['10.244.2.21'])
    expect(proposed('ip.src != orders')).toEqual(['10.244.2.21'])
    expect(proposed('ip.src in {orders')).toEqual(['10.244.2.21'])
    expect(proposed('ip.src in {10.0.0.1, orders')).toEqual(['10.244.2.21'])
  })
  it('are conditions behind what joins or negates them', () => {
    for (const before of ['!', 'not ', '(', 'tcp || ']) {
      expect(proposed(`${before}orders`)).toEqual(['ip.addr == 10.244.2.21'])
    }
  })
  it('are none for short words and within quotes', () => {
    expect(proposed('or')).toEqual([])
    expect(proposed('frame contains "orders')).toEqual([])
    expect(proposed(String.raw`frame contains "a\" orders`)).toEqual([])
    expect(proposed('frame contains "x" && orders')).toHaveLength(1)
  })
})
