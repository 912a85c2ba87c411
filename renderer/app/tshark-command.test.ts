import { describe, expect, it } from 'vitest'
import { Engine } from '../../engine/engine.ts'
import { tsharkCommand } from './tshark-command.ts'

const WHOLE = new Engine().facts()
const PART = { ...WHOLE, packets: 500, part: { before: 1000, latestBefore: 0 } }

describe('the tshark command', () => {
  it('reads the file', () => {
    expect(tsharkCommand('/a b.pcap', '', undefined)).toBe("tshark -r '/a b.pcap'")
    expect(tsharkCommand('/a.pcap', 'tcp.stream == 3', WHOLE)).toBe("tshark -r /a.pcap -Y 'tcp.stream == 3'")
    expect(tsharkCommand('/a.pcap', 'frame.number == 1200', PART)).toBe("tshark -r /a.pcap -Y 'frame.number == 1200'")
  })

  it('is given the part alone where streams are named that are numbered within it', () => {
    expect(tsharkCommand('/a.pcap', 'tcp.stream == 3', PART)).toBe(
      "hopscope export /a.pcap --frames 1001-1500 -o - | tshark -r - -Y 'tcp.stream == 3'",
    )
  })
})
