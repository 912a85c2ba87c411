import { expect, it } from 'vitest'
import { type TcpSegment, tcpFrame } from '../../test/support/tcp-frame.ts'
import { FLAG } from '../columns/packet-table.ts'
import { TestCapture } from '../query/testing/test-capture.ts'
import { packetTexts } from './packet-texts.ts'

const { syn, ack, fin } = FLAG

it.each<[string, Partial<TcpSegment>]>([
  ['SYN', { flags: syn, ack: 0 }],
  ['SYN-ACK', { flags: syn | ack, fromA: false }],
  ['FIN', { flags: fin | ack }],
  ['segment', { flags: fin | ack, payloadLength: 5 }],
  ['segment', { flags: ack, payloadLength: 5 }],
])('calls a packet by what it is: %s', (text, segment) => {
  const tables = new TestCapture(['eth0'])
  const whole = { window: 500, options: [], payloadLength: 0, ack: 1, fromA: true, seq: 1, flags: ack, ...segment }
  const { bytes, length } = tcpFrame(whole)
  tables.add(1_800_000_000_000_000_000n, bytes, { length })
  const at = { source: { name: 'pod', tables }, row: 0, conversation: 0, members: [], toA: false, time: 0 }
  const [packet, reset, datagram, answer] = [
    { ...at, kind: 'segment' as const, dns: undefined },
    { ...at, kind: 'reset' as const, dns: undefined },
    { ...at, kind: 'datagram' as const, dns: undefined },
    { ...at, kind: 'datagram' as const, dns: 'answer' as const },
  ]
  const texts = packetTexts([packet, reset, datagram, answer])
  expect([packet, reset, datagram, answer].map((each) => texts.get(each))).toEqual([
    text,
    'reset',
    'datagram',
    'DNS answer',
  ])
})
