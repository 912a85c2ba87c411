import { describe, expect, it } from 'vitest'
import { findInConnections, kindsOf, theFinding } from '../../test/support/find-in.ts'

const OPENS = `
  +0    A>B S  0(0)
  +20ms B>A SA 0(0) ack 1
  +0    A>B A  1(0) ack 1`

describe('a SYN that two hosts answer', () => {
  const TWO = (second: string, between = '') =>
    `+0 A>B S 0(0)\n+1ms B>A SA 0(0) ack 1\n${between}+1ms ${second}\n+0 A>B A 1(0) ack 1\n+0 A>B PA 1(100) ack 1`

  it('is told by the other sequence number', async () => {
    const finding = theFinding(await findInConnections(OPENS, TWO('B>A SA 70000(0) ack 1 ttl 63')))
    expect(finding).toMatchObject({
      kind: 'duplicate-address',
      severity: 'high',
      title: 'Two hosts answer for one address',
      server: { address: '10.0.0.2' },
      count: 1,
      confidence: 0.9,
    })
    expect(finding.conversations).toHaveLength(2)
    expect(finding.why).toContain('TTL as well: 64 and 63')
    expect(finding.failed).toBeUndefined()
  })

  it('failed where one of the two resets it, and that is no other finding', async () => {
    for (const reset of ['+1ms B>A R 70001(0)', '+1ms B>A R 1(0)']) {
      const report = await findInConnections(`${TWO('B>A SA 70000(0) ack 1')}\n${reset}`)
      expect(theFinding(report)).toMatchObject({ kind: 'duplicate-address', failed: 1, confidence: 0.8 })
    }
  })

  it.each([
    ['repeats its answer', TWO('B>A SA 0(0) ack 1')],
    ['answers two SYNs', TWO('B>A SA 70000(0) ack 1', '+1ms A>B S 0(0)\n')],
    [
      'answers again after the SYN may have been lost',
      TWO('B>A SA 70000(0) ack 1').replace('+1ms B>A SA 70', '+1s B>A SA 70'),
    ],
    ['answers another SYN', TWO('B>A SA 70000(0) ack 9')],
    // Linux SYNPROXY, seen at both of its interfaces: it opens with the client's number once the client has acknowledged its own.
    [
      'answers through a SYN proxy',
      '+0 A>B S 0(0)\n+1ms B>A SA 70000(0) ack 1\n+1ms A>B A 1(0) ack 70001\n+0 A>B S 0(0)\n+1ms B>A SA 0(0) ack 1\n+0 A>B A 1(0) ack 1',
    ],
  ])('is none where one host %s', async (_, text) => {
    expect(kindsOf(await findInConnections(OPENS, text))).not.toContain('duplicate-address')
  })
})
