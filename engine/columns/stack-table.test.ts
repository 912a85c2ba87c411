import { expect, it } from 'vitest'
import { hex, MACS, SYN } from '../decode/frames.fixture.ts'
import { Ingest } from '../ingest.ts'

/** An IPv4 header around the protocol, of the length that the frame holds. */
const ipv4 = (protocol: string) => `4500 0000 0000 4000 40 ${protocol} 0000 0af40102 0af40203`

/** `SYN` in GRE, in IPv4 that many times. */
const tunneled = (times: number) =>
  hex(MACS, '0800', ipv4('04').repeat(times - 1), ipv4('2f'), '0000 6558', SYN.replaceAll(/\s/g, ''))

it('tells a stack from a much deeper one that ends in the same four layers', () => {
  const plain = 'eth:ethertype:ip:tcp'
  for (let times = 1; times <= 41; times++) {
    const ingest = new Ingest(() => 1)
    for (const frame of [tunneled(times), hex(SYN)]) ingest.frame(frame, 0, frame.length, frame.length, 0, 0, 0)
    const { stack } = ingest.packets.chunk(0)
    expect([ingest.stacks.name(stack[0]), ingest.stacks.name(stack[1])]).toEqual([
      `eth:ethertype:${'ip:'.repeat(times)}gre:${plain}`,
      plain,
    ])
  }
})
