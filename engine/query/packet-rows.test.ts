import { describe, expect, it } from 'vitest'
import { parseScenario } from '../../test/support/tcp-scenario.ts'
import type { DetailNode } from '../answers.ts'
import { concat, NgBlocks } from '../capture-file/testing/build-capture.ts'
import { Engine } from '../engine.ts'
import { LABEL } from '../tcp/labels.ts'
import { infoTexts, labelList, packetDetails, packetRows } from './packet-rows.ts'
import { arp, ethernet, ipv4, udp } from './testing/frames.ts'
import { mixedCapture } from './testing/mixed-capture.ts'
import { TestCapture } from './testing/test-capture.ts'

const capture = mixedCapture()

/** The scenario's packets as a capture (their payload was left out by the snap length). */
function scenario(text: string): TestCapture {
  const made = new TestCapture()
  for (const { frame, time } of parseScenario(text).packets) {
    made.add(1_700_000_000_000_000_000n + BigInt(time), frame.bytes, { length: frame.length })
  }
  return made
}

function everyRow(of: TestCapture) {
  const rows = Array.from({ length: of.packets.rows }, (_, row) => row)
  return packetRows(of, rows, of.read)
}

function textsOf(tree: readonly DetailNode[]): string[] {
  return tree.flatMap((node) => [node.text, ...textsOf(node.children)])
}

const HANDSHAKE = `
  +0     A>B S  0(0)         win 64000 <mss 1460, wscale 7, sackOK>
  +10ms  B>A SA 0(0)   ack 1 win 65000 <mss 1460, wscale 7, sackOK>
  +10ms  A>B A  1(0)   ack 1 win 500`

describe('packets as the list shows them', () => {
  it('come in the order they are asked for, each once', async () => {
    const rows = await packetRows(capture, [12, 3, 29], capture.read)
    expect(
      rows.map(({ row, source, destination, protocol, length }) => [row, source, destination, protocol, length]),
    ).toEqual([
      [12, '0a:58:0a:f4:01:07', '0a:58:0a:f4:02:09', 'ARP', 42],
      [3, '10.244.1.7', '10.244.2.9', 'HTTP', 90],
      [29, '10.9.0.2', '10.9.0.1', 'UDP', 48],
    ])
    expect(rows[0].info).toBe('Who has 10.244.2.9? Tell 10.244.1.7')
  })

  it('carry labels and verdict, and the tone that goes with them', async () => {
    const rows = await packetRows(capture, [0, 4, 9, 27], capture.read)
    expect(rows.map(({ tone }) => tone)).toEqual(['handshake', 'bad', 'reset', 'plain'])
    expect(rows[1]).toMatchObject({ labels: ['retransmission'], verdict: 'tlp', conversation: 0 })
    expect(rows[1].info).toBe('[TCP Retransmission] GET /prices HTTP/1.1')
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

  it('come as often as they are asked for', async () => {
    const [a, b, c] = await packetRows(capture, [7, 0, 7], capture.read)
    expect([a.row, b.row, c.row]).toEqual([7, 0, 7])
    expect(c).toEqual(a)
    expect(await packetRows(capture, [], capture.read)).toEqual([])
  })

  it('have the direction of each packet, not of its conversation', async () => {
    const [syn, synAck] = await everyRow(capture)
    expect([syn.source, syn.destination]).toEqual(['10.244.1.7', '10.244.2.9'])
    expect([synAck.source, synAck.destination]).toEqual(['10.244.2.9', '10.244.1.7'])
  })

  it('say why decoding ended', async () => {
    const short = new TestCapture()
    const frame = ethernet(
      0x800,
      ipv4({ source: '10.0.0.1', destination: '10.0.0.2', protocol: 17 }, udp(1, 2, [1, 2])),
    )
    short.add(0n, frame.subarray(0, 38), { length: frame.length }).add(1n, frame)
    const [cut, whole] = await everyRow(short)
    expect(cut.error).toBe('cut by the snap length')
    expect('error' in whole).toBe(false)
  })

  it('have the colour of the worst that is said of them', async () => {
    const rows = await everyRow(
      scenario(`${HANDSHAKE}
        +1ms   A>B PA 1(1000)    ack 1
        +220ms A>B PA 1(1000)    ack 1
        +1ms   B>A A  1(0)       ack 1001 win 0
        +1ms   A>B PA 2001(1000) ack 1
        +1ms   B>A A  1(0)       ack 1001 win 400
        +1ms   B>A FA 1(0)       ack 1001
        +1ms   A>B R  3001(0)`),
    )
    expect(rows.map(({ row, tone }) => [row + 1, tone])).toEqual([
      [1, 'handshake'],
      [2, 'handshake'],
      [3, 'plain'],
      [4, 'plain'],
      [5, 'bad'],
      [6, 'bad'],
      [7, 'bad'],
      [8, 'note'],
      [9, 'handshake'],
      [10, 'reset'],
    ])
    expect(rows[5].labels).toContain('zero_window')
    expect(rows[6].labels).toContain('lost_segment')
    expect(rows[7].labels).toContain('window_update')
  })

  it('show a packet that was captured twice as a note, whatever its label says', async () => {
    const twice = await everyRow(
      scenario(`${HANDSHAKE}
        +1ms  A>B PA 1(1000) ack 1 id 77
        +10us A>B PA 1(1000) ack 1 id 77`),
    )
    expect(twice[4]).toMatchObject({ labels: ['retransmission'], verdict: 'copy', tone: 'note' })
  })

  it('name the special retransmission alone, in the order of the labels', () => {
    const { retransmission, fast_retransmission, duplicate_ack, partial_ack } = LABEL
    expect(labelList(retransmission)).toEqual(['retransmission'])
    expect(labelList(duplicate_ack | retransmission | fast_retransmission | partial_ack)).toEqual([
      'fast_retransmission',
      'duplicate_ack',
    ])
  })

  it('say of a block that holds no packet that it holds none, also as Info alone', async () => {
    const ng = new NgBlocks()
    const frame = ethernet(0x0806, arp(1, '10.0.0.1', '10.0.0.2'))
    const file = concat(
      ng.section(),
      ng.interface(),
      ng.enhanced(0, 5n, frame),
      ng.custom(1, frame),
      ng.enhanced(0, 6n, frame),
    )
    const engine = new Engine()
    engine.push(file)
    engine.finish()
    const read = (offset: number, length: number) => Promise.resolve(file.subarray(offset, offset + length))
    const rows = await packetRows(engine, [0, 1, 2], read)
    expect(rows[1]).toMatchObject({ row: 1, source: '', destination: '', protocol: '-', tone: 'plain' })
    expect(rows[1].info).toBe('A block of the capture file that holds no packet')
    expect(await infoTexts(engine, Uint32Array.of(0, 1, 2), read, {})).toEqual(rows.map(({ info }) => info))
    const { tree } = await packetDetails(engine, 1, read)
    expect(textsOf(tree).join('\n')).not.toContain('Who has')
  })

  it('are still there, without what their bytes say, when the file has become shorter', async () => {
    const [row] = await packetRows(capture, [3], () => Promise.resolve(new Uint8Array(0)))
    expect(row).toMatchObject({ row: 3, source: '10.244.1.7', length: 90 })
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

  it('are layers whose parts lie within the bytes, of every packet', async () => {
    for (let row = 0; row < capture.packets.rows; row++) {
      const { bytes, tree } = await packetDetails(capture, row, capture.read)
      expect(bytes).toEqual(capture.frames[row].bytes)
      const check = (nodes: readonly DetailNode[]): void => {
        for (const { text, from, to, children } of nodes) {
          expect([row, text, 0 <= from && from <= to && to <= bytes.length]).toEqual([row, text, true])
          check(children)
        }
      }
      check(tree)
    }
  })

  it('have bytes of their own, not a view of what the reader keeps', async () => {
    const kept = new Uint8Array(200).fill(7)
    const { bytes } = await packetDetails(capture, 0, (_, length) => Promise.resolve(kept.subarray(0, length)))
    kept.fill(9)
    expect(new Set(bytes)).toEqual(new Set([7]))
    expect(bytes.buffer.byteLength).toBe(bytes.length)
  })

  it('end with the verdict, its reason and what it cost; those without have none', async () => {
    const lost = scenario(`${HANDSHAKE}
      +1ms   A>B PA 1(1000) ack 1
      +220ms A>B PA 1(1000) ack 1`)
    const verdict = (await packetDetails(lost, 4, lost.read)).tree.at(-1)
    expect(verdict).toMatchObject({ field: 'hopscope.verdict', value: '"tlp"', tone: 'note', from: 0, to: 0 })
    expect(verdict?.text).toMatch(/^Hopscope: Tail loss probe: .* passed here as frame 4, /)
    expect(verdict?.children.map(({ text }) => text)).toEqual(['220.0 ms after the one before'])
    expect((await packetDetails(lost, 3, lost.read)).tree.at(-1)?.field).not.toBe('hopscope.verdict')
  })

  it('say what the analysis found: the round trip, bytes in flight, the ACK that is repeated', async () => {
    const lost = scenario(`${HANDSHAKE}
      +1ms  A>B PA 1(1000)    ack 1
      +30ms B>A A  1(0)       ack 1001 win 400
      +1ms  A>B PA 2001(1000) ack 1
      +1ms  B>A A  1(0)       ack 1001 win 400 <sack 2001:3001>`)
    const texts = async (row: number) => textsOf((await packetDetails(lost, row, lost.read)).tree).join('\n')
    expect(await texts(3)).toContain('Bytes in flight: 1000')
    expect(await texts(4)).toContain('0.030000000 seconds')
    expect(await texts(6)).toContain('Duplicate to the ACK in frame: 5')
  })
})
