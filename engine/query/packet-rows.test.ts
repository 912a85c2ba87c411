import { describe, expect, it } from 'vitest'
import { infoTexts, packetDetails, packetRows } from './packet-rows.ts'
import { mixedCapture } from './testing/mixed-capture.ts'

const capture = mixedCapture()

describe('packets as the list shows them', () => {
  it('come in the order they are asked for, each once', async () => {
    const rows = await packetRows(capture, [12, 3, 29], capture.read)
    expect(
      rows.map(({ row, source, destination, protocol, length }) => [row, source, destination, protocol, length]),
    ).toEqual([
      [12, '0a:58:0a:f4:01:07', '0a:58:0a:f4:02:09', 'ARP', 42],
      [3, '10.244.1.7', '10.244.2.9', 'TCP', 90],
      [29, '10.9.0.2', '10.9.0.1', 'UDP', 48],
    ])
    expect(rows[0].info).toBe('Who has 10.244.2.9? Tell 10.244.1.7')
  })

  it('carry labels and verdict, and the tone that goes with them', async () => {
    const rows = await packetRows(capture, [0, 4, 9, 27], capture.read)
    expect(rows.map(({ tone }) => tone)).toEqual(['handshake', 'bad', 'reset', 'plain'])
    expect(rows[1]).toMatchObject({ labels: ['retransmission'], verdict: 'tlp', conversation: 0 })
    expect(rows[1].info).toBe('[TCP Retransmission] 43210 → 80 [PSH, ACK] Seq=1 Ack=1 Win=4194304 Len=36')
    expect(rows[3].error).toBe('cut by the snap length')
  })

  it('show the innermost addresses of a tunnel', async () => {
    const [row] = await packetRows(capture, [17], capture.read)
    expect(row).toMatchObject({ source: '10.42.1.6', destination: '10.42.0.5', protocol: 'TCP' })
  })

  it('can be had as their Info alone', async () => {
    const texts = await infoTexts(capture, Uint32Array.of(4, 12), capture.read, {})
    expect(texts[1]).toBe('Who has 10.244.2.9? Tell 10.244.1.7')
    expect(texts[0]).toContain('[TCP Retransmission]')
  })
})

describe('the details of a packet', () => {
  it('are its layers and bytes, and why it got its verdict', async () => {
    const { bytes, tree } = await packetDetails(capture, 4, capture.read)
    expect(bytes).toEqual(capture.frames[4].bytes)
    const fields = tree.map(({ field }) => field)
    for (const layer of ['eth', 'ip', 'tcp', 'hopscope.verdict']) expect(fields).toContain(layer)
    const verdict = tree.find(({ field }) => field === 'hopscope.verdict')
    expect(verdict?.value).toBe('"tlp"')
    expect(verdict?.text).toContain('frame 4')
  })
})
