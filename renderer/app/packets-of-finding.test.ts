import { describe, expect, it } from 'vitest'
import { packetsOfFinding } from './packets-of-finding.ts'

const SECOND = 1e9
const capture = { firstTime: 0, lastTime: 100 * SECOND }
const finding = { filter: 'tcp.analysis.retransmission', conversations: [7], since: 40 * SECOND, until: 50 * SECOND }

describe('the packets of a finding', () => {
  it('are those of its filter, in its conversation, with the time around it', () => {
    expect(packetsOfFinding(finding, capture)).toEqual({
      filter: 'tcp.analysis.retransmission',
      conversation: 7,
      range: undefined,
      zoom: { from: 39 * SECOND, to: 51 * SECOND },
      detail: undefined,
    })
  })

  it('are of no one conversation where it is of several', () => {
    expect(packetsOfFinding({ ...finding, conversations: [7, 8] }, capture).conversation).toBeUndefined()
    expect(packetsOfFinding({ ...finding, conversations: [] }, capture).conversation).toBeUndefined()
  })

  it('do not zoom where they are half of the capture', () => {
    expect(packetsOfFinding({ ...finding, since: 10 * SECOND, until: 60 * SECOND }, capture).zoom).toBeUndefined()
  })

  it('zoom to a moment that can be seen, and never beyond the capture', () => {
    const last = packetsOfFinding({ ...finding, since: 100 * SECOND, until: 100 * SECOND }, capture)
    expect(last.zoom).toEqual({ from: 100 * SECOND - 1e5, to: 100 * SECOND + 1 })
    const first = packetsOfFinding({ ...finding, since: 0, until: SECOND }, capture)
    expect(first.zoom).toEqual({ from: 0, to: 1.1 * SECOND })
  })
})
