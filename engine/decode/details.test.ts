import { describe, expect, it } from 'vitest'
import type { DetailNode } from '../answers.ts'
import { describePacket, type PacketContext } from './details.ts'
import { ETHERNET, hex, IP_SYN, MACS, PORT_UNREACHABLE, REQUEST, SYN, VXLAN_SYN } from './frames.fixture.ts'

const CONTEXT: PacketContext = {
  number: 7,
  epochNs: 1_795_168_337_021_572_137n,
  time: 841_762_466,
  previousTime: 841_760_182,
  interfaceId: 0,
  interfaceName: 'eth0',
}

function details(frame: string, captured?: number, context = CONTEXT): DetailNode[] {
  const bytes = hex(frame)
  const length = captured ?? bytes.length
  return describePacket(bytes.subarray(0, length), length, bytes.length, ETHERNET, context)
}

/** The tree as indented lines. */
function lines(nodes: readonly DetailNode[], depth = 0): string[] {
  return nodes.flatMap((node) => ['  '.repeat(depth) + node.text, ...lines(node.children, depth + 1)])
}

function find(nodes: readonly DetailNode[], field: string): DetailNode {
  for (const node of nodes) {
    if (node.field === field) return node
    const below = node.children.length > 0 ? tryFind(node.children, field) : undefined
    if (below) return below
  }
  throw new Error(`There is no ${field}`)
}

function tryFind(nodes: readonly DetailNode[], field: string): DetailNode | undefined {
  return nodes.map((node) => (node.field === field ? node : tryFind(node.children, field))).find(Boolean)
}

describe('the details of a packet', () => {
  it('start with the frame', () => {
    const [frame] = details(SYN)
    expect(lines([frame])).toEqual([
      'Frame 7: 74 bytes on wire (592 bits), 74 bytes captured (592 bits) on interface eth0',
      '  Interface id: 0 (eth0)',
      '  Interface name: eth0',
      '  Arrival Time: 2026-11-20 09:52:17.863334603 UTC',
      '  Epoch Time: 1795168337.863334603 seconds',
      '  [Time delta from previous captured frame: 0.000002284 seconds]',
      '  [Time since first frame: 0.841762466 seconds]',
      '  Frame Number: 7',
      '  Frame Length: 74 bytes (592 bits)',
      '  Capture Length: 74 bytes (592 bits)',
      '  [Protocols in frame: eth:ethertype:ip:tcp]',
    ])
  })

  it('show every field of the headers, as Wireshark does', () => {
    expect(lines(details(SYN).slice(1))).toEqual([
      'Ethernet II, Src: 02:42:0a:f4:01:02, Dst: 02:42:0a:f4:02:03',
      '  Destination: 02:42:0a:f4:02:03',
      '    .... ..1. .... .... .... .... = LG bit: Locally administered address (this is NOT the factory default)',
      '    .... ...0 .... .... .... .... = IG bit: Individual address (unicast)',
      '  Source: 02:42:0a:f4:01:02',
      '    .... ..1. .... .... .... .... = LG bit: Locally administered address (this is NOT the factory default)',
      '    .... ...0 .... .... .... .... = IG bit: Individual address (unicast)',
      '  Type: IPv4 (0x0800)',
      'Internet Protocol Version 4, Src: 10.244.1.2, Dst: 10.244.2.3',
      '  0100 .... = Version: 4',
      '  .... 0101 = Header Length: 20 bytes (5)',
      '  Differentiated Services Field: 0x00 (DSCP: CS0, ECN: Not-ECT)',
      '    0000 00.. = Differentiated Services Codepoint: Default (0)',
      '    .... ..00 = Explicit Congestion Notification: Not ECN-Capable Transport (0)',
      '  Total Length: 60',
      '  Identification: 0xec11 (60433)',
      "  010. .... = Flags: 0x2, Don't fragment",
      '    0... .... = Reserved bit: Not set',
      "    .1.. .... = Don't fragment: Set",
      '    ..0. .... = More fragments: Not set',
      '  ...0 0000 0000 0000 = Fragment Offset: 0',
      '  Time to Live: 64',
      '  Protocol: TCP (6)',
      '  Header Checksum: 0x35be [not verified]',
      '  Source Address: 10.244.1.2',
      '  Destination Address: 10.244.2.3',
      'Transmission Control Protocol, Src Port: 45348, Dst Port: 8080, Seq: 3336656402, Len: 0',
      '  Source Port: 45348',
      '  Destination Port: 8080',
      '  [TCP Segment Len: 0]',
      '  Sequence Number: 3336656402',
      '  Sequence Number (raw): 3336656402',
      '  [Next Sequence Number: 3336656403]',
      '  Acknowledgment Number: 0',
      '  Acknowledgment number (raw): 0',
      '  1010 .... = Header Length: 40 bytes (10)',
      '  Flags: 0x002 (SYN)',
      '    000. .... .... = Reserved: Not set',
      '    ...0 .... .... = Accurate ECN: Not set',
      '    .... 0... .... = Congestion Window Reduced: Not set',
      '    .... .0.. .... = ECN-Echo: Not set',
      '    .... ..0. .... = Urgent: Not set',
      '    .... ...0 .... = Acknowledgment: Not set',
      '    .... .... 0... = Push: Not set',
      '    .... .... .0.. = Reset: Not set',
      '    .... .... ..1. = Syn: Set',
      '    .... .... ...0 = Fin: Not set',
      '    [TCP Flags: ··········S·]',
      '  Window: 64240',
      '  Checksum: 0x191b [not verified]',
      '  Urgent Pointer: 0',
      '  Options: (20 bytes), Maximum segment size, SACK permitted, Timestamps, No-Operation (NOP), Window scale',
      '    TCP Option - Maximum segment size: 1460 bytes',
      '      Kind: Maximum Segment Size (2)',
      '      Length: 4',
      '      MSS Value: 1460',
      '    TCP Option - SACK permitted',
      '      Kind: SACK Permitted (4)',
      '      Length: 2',
      '    TCP Option - Timestamps: TSval 4158869565, TSecr 0',
      '      Kind: Time Stamp Option (8)',
      '      Length: 10',
      '      Timestamp value: 4158869565',
      '      Timestamp echo reply: 0',
      '    TCP Option - No-Operation (NOP)',
      '      Kind: No-Operation (1)',
      '    TCP Option - Window scale: 10 (multiply by 1024)',
      '      Kind: Window Scale (3)',
      '      Length: 3',
      '      Shift count: 10',
      '      [Multiplier: 1024]',
    ])
  })

  it('say which bytes each field is, and what a display filter would call it', () => {
    const tree = details(SYN)
    expect(find(tree, 'ip.ttl')).toMatchObject({ from: 22, to: 23, value: '64' })
    expect(find(tree, 'ip.src')).toMatchObject({ from: 26, to: 30, value: '10.244.1.2' })
    expect(find(tree, 'eth.type')).toMatchObject({ from: 12, to: 14, value: '0x0800' })
    expect(find(tree, 'tcp.flags.syn')).toMatchObject({ from: 46, to: 48, value: 'True' })
    expect(find(tree, 'tcp.options.wscale')).toMatchObject({ from: 71, to: 74 })
    expect(find(tree, 'tcp')).toMatchObject({ from: 34, to: 74 })
    expect(find(details(REQUEST), 'tcp.payload')).toMatchObject({ from: 66, to: 84, text: 'TCP payload (18 bytes)' })
  })

  it('show outer and inner headers of a tunnel', () => {
    const titles = details(VXLAN_SYN).map(({ text }) => text)
    expect(titles.slice(1)).toEqual([
      'Ethernet II, Src: 02:42:0a:f4:01:02, Dst: 02:42:0a:f4:02:03',
      'Internet Protocol Version 4, Src: 10.244.1.2, Dst: 10.244.2.3',
      'User Datagram Protocol, Src Port: 33578, Dst Port: 8472',
      'Virtual eXtensible Local Area Network',
      'Ethernet II, Src: 0a:58:0a:32:00:02, Dst: 0a:58:0a:32:00:03',
      'Internet Protocol Version 4, Src: 10.50.0.2, Dst: 10.50.0.3',
      'Transmission Control Protocol, Src Port: 52246, Dst Port: 8080, Seq: 194331865, Len: 0',
    ])
    expect(find(details(VXLAN_SYN), 'vxlan.vni')).toMatchObject({ from: 46, to: 49, value: '42' })
  })

  it('show what an ICMP error quotes', () => {
    const tree = details(PORT_UNREACHABLE)
    expect(find(tree, 'icmp.code').text).toBe('Code: 3 (Port unreachable)')
    expect(tree.at(-1)?.text).toBe('User Datagram Protocol, Src Port: 53844, Dst Port: 9999')
  })

  it('draw a VLAN tag', () => {
    const tree = details(`${MACS} 8100 a064 0800 ${IP_SYN}`)
    expect(lines([tree[2]])).toEqual([
      '802.1Q Virtual LAN, PRI: 5, DEI: 0, ID: 100',
      '  101. .... .... .... = Priority: 5',
      '  ...0 .... .... .... = DEI: No',
      '  .... 0000 0110 0100 = ID: 100',
      '  Type: IPv4 (0x0800)',
    ])
  })
})

describe('what the TCP analysis adds', () => {
  const context: PacketContext = {
    ...CONTEXT,
    stream: 3,
    tcp: {
      sequenceBase: 0xc6e15612,
      acknowledgmentBase: 0xa42f5446,
      window: 64512,
      windowShift: 10,
      labels: ['retransmission', 'fast_retransmission'],
      acked: { frame: 5, rttNs: 5_176_502 },
      initialRttNs: 9_091_931,
      bytesInFlight: 18,
    },
  }

  it('is shown in the TCP header', () => {
    const text = lines(details(REQUEST, undefined, context).slice(3)).join('\n')
    expect(text).toContain('Src Port: 45348, Dst Port: 8080, Seq: 1, Ack: 1, Len: 18')
    expect(text).toContain('[Stream index: 3]')
    expect(text).toContain('Sequence Number: 1    (relative sequence number)')
    expect(text).toContain('[Next Sequence Number: 19    (relative sequence number)]')
    expect(text).toContain('Acknowledgment Number: 1    (relative ack number)')
    expect(text).toContain('[Calculated window size: 64512]')
    expect(text).toContain('[Window size scaling factor: 1024]')
    expect(text).toContain(
      [
        '  [SEQ/ACK analysis]',
        '    [This is an ACK to the segment in frame: 5]',
        '    [The RTT to ACK the segment was: 0.005176502 seconds]',
        '    [iRTT: 0.009091931 seconds]',
        '    [Bytes in flight: 18]',
        '    [TCP Analysis Flags]',
        '      This frame is a (suspected) fast retransmission',
      ].join('\n'),
    )
  })

  it('marks what is wrong', () => {
    const node = tryFind(details(REQUEST, undefined, context), 'tcp.analysis.flags')
    expect(node?.children[0].tone).toBe('warn')
  })

  it('does not belong to a segment that an ICMP error quotes', () => {
    const quoted = REQUEST.replace(/\s+/g, '').slice(28)
    const error = `${MACS} 0800 4500 0062 0001 4000 40 01 0000 0af40203 0af40102 03 01 0000 00000000 ${quoted}`
    const text = lines(details(error, undefined, context)).join('\n')
    expect(text).toContain('Src Port: 45348, Dst Port: 8080, Seq: 3336656403')
    expect(text).not.toContain('[Stream index: 3]')
  })
})

describe('the details of a packet that is not whole', () => {
  it('name the byte from which on it was cut', () => {
    const tree = details(SYN, 40)
    expect(tree[0].children.find(({ field }) => field === 'frame.cap_len')).toMatchObject({
      text: 'Capture Length: 40 bytes (320 bits); the snap length cut 34 bytes',
      tone: 'warn',
    })
    expect(tree.at(-1)).toMatchObject({
      text: 'Cut by the snap length: the header at byte 34 was not captured whole',
      from: 34,
      to: 40,
      tone: 'warn',
    })
    expect(lines([tree[3]])).toEqual([
      'Transmission Control Protocol, Src Port: 45348, Dst Port: 8080',
      '  Source Port: 45348',
      '  Destination Port: 8080',
    ])
  })

  it('name the byte where a header contradicts the others', () => {
    const bytes = hex(SYN)
    bytes[14] = 0x44
    const tree = describePacket(bytes, bytes.length, bytes.length, ETHERNET, CONTEXT)
    expect(tree.at(-1)).toMatchObject({ from: 14, tone: 'warn' })
    expect(tree.at(-1)?.text).toMatch(/^Malformed from byte 14 on/)
  })

  it('point at the option that ends the options', () => {
    const bytes = hex(SYN)
    // the length of the timestamps
    bytes[61] = 0
    const options = tryFind(describePacket(bytes, bytes.length, bytes.length, ETHERNET, CONTEXT), 'tcp.options')
    expect(options?.children.at(-1)).toMatchObject({ tone: 'warn', from: 60 })
  })

  it('say of an unknown link type that nothing was decoded', () => {
    const tree = describePacket(hex(IP_SYN), 60, 60, 9999, CONTEXT)
    expect(tree.map(({ text }) => text).slice(1)).toEqual(['Not decoded from byte 0 on'])
  })
})
