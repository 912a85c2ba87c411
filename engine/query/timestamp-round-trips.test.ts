import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { parseScenario } from '../../test/support/tcp-scenario.ts'
import type { Points } from '../answers.ts'
import { readWhole } from '../testing/read-whole.ts'
import { TestCapture } from './testing/test-capture.ts'
import { timestampRoundTrips } from './timestamp-round-trips.ts'

const CAPTURES = fileURLToPath(new URL('../../test/fixtures/labels/captures/', import.meta.url))
const MS = 1e6

function roundTrips(text: string) {
  const made = new TestCapture()
  for (const { frame, time } of parseScenario(text).packets) {
    made.add(1_700_000_000_000_000_000n + BigInt(time), frame.bytes, { length: frame.length })
  }
  const rows = Uint32Array.from({ length: made.packets.rows }, (_, row) => row)
  return timestampRoundTrips(made, rows)
}

/** "2: 20 ms" for each, by the frame that ended it. */
const said = ({ value, row }: Points): string[] => Array.from(row, (number, i) => `${number + 1}: ${value[i] / MS} ms`)

const HANDSHAKE = `
  +0    A>B S  0(0)          <ts 100 0>
  +30ms B>A SA 0(0) ack 1    <ts 900 100>
  +2ms  A>B A  1(0) ack 1    <ts 132 900>`

describe('round trips by timestamps', () => {
  it('are told apart by the halves of the path', () => {
    const { client, server } = roundTrips(HANDSHAKE)
    expect(said(server.prompt)).toEqual(['2: 30 ms'])
    expect(said(client.prompt)).toEqual(['3: 2 ms'])
    expect(server).toMatchObject({ shortestNs: 30 * MS, resent: 0 })
  })

  it('are known of what was sent again, by the copy that the echo names', () => {
    const { server } = roundTrips(`${HANDSHAKE}
      +1ms   A>B A 1(1000) ack 1    <ts 133 900>
      +200ms A>B A 1(1000) ack 1    <ts 333 900>
      +31ms  B>A A 1(0)    ack 1001 <ts 1164 333>`)
    expect(said(server.prompt)).toEqual(['2: 30 ms', '6: 31 ms'])
    expect(server.resent).toBe(1)
  })

  it('begin with the first copy, if it was that one that arrived', () => {
    const { server } = roundTrips(`${HANDSHAKE}
      +1ms   A>B A 1(1000) ack 1    <ts 133 900>
      +200ms A>B A 1(1000) ack 1    <ts 333 900>
      +31ms  B>A A 1(0)    ack 1001 <ts 1164 133>`)
    expect(said(server.prompt)).toEqual(['2: 30 ms', '6: 231 ms'])
    expect(server.resent).toBe(0)
  })

  it('are none where two copies bear the same value', () => {
    const { server } = roundTrips(`ids
      ${HANDSHAKE}
      +1ms A>B A 1(1000) ack 1    <ts 133 900>
      +0   A>B A 1(1000) ack 1    <ts 133 900>
      +31ms  B>A A 1(0)  ack 1001 <ts 1164 133>`)
    expect(said(server.prompt)).toEqual(['2: 30 ms'])
  })

  it('end with the first echo only', () => {
    const { server } = roundTrips(`${HANDSHAKE}
      +1ms   A>B A 1(1000) ack 1    <ts 133 900>
      +30ms  B>A A 1(0)    ack 1001 <ts 964 133>
      +500ms B>A A 1(0)    ack 1001 <ts 1464 133>`)
    expect(said(server.prompt)).toEqual(['2: 30 ms', '5: 30 ms'])
  })

  it('are late where a delayed ACK, another segment or the program was waited for', () => {
    const { server } = roundTrips(`${HANDSHAKE}
      +1ms   A>B A 1(100)    ack 1    <ts 133 900>
      +70ms  B>A A 1(0)      ack 101  <ts 1003 133>
      +1ms   A>B A 101(1400) ack 1    <ts 204 1003>
      +20ms  A>B A 1501(100) ack 1    <ts 224 1003>
      +30ms  B>A A 1(0)      ack 1601 <ts 1054 204>
      +1ms   A>B A 1601(100) ack 1    <ts 255 1054>
      +45ms  B>A A 1(500)    ack 1701 <ts 1100 255>`)
    expect(said(server.prompt)).toEqual(['2: 30 ms'])
    expect(said(server.late)).toEqual(['5: 70 ms', '8: 50 ms', '10: 45 ms'])
  })

  it('go on where the values wrap around', () => {
    const { server } = roundTrips(`
      +0    A>B A 1(100)   ack 1   <ts 4294967295 5>
      +30ms B>A A 1(0)     ack 101 <ts 35 4294967295>
      +1ms  A>B A 101(100) ack 1   <ts 20 35>
      +33ms B>A A 1(0)     ack 201 <ts 69 20>`)
    expect(said(server.prompt)).toEqual(['2: 30 ms', '4: 33 ms'])
  })

  it('are none without the option', () => {
    const { client, server } = roundTrips('+0 A>B S 0(0)\n+9ms B>A SA 0(0) ack 1\n+1ms A>B A 1(0) ack 1')
    expect([client.prompt.row.length, server.prompt.row.length, server.shortestNs]).toEqual([0, 0, 0])
  })

  it('of a lossy path are those of the path: 2 ms there, 2 ms back, also for what was sent again', async () => {
    const bytes = gunzipSync(readFileSync(`${CAPTURES}lossy-server.pcap.gz`))
    const engine = readWhole(bytes)
    const read = (offset: number, length: number) => Promise.resolve(bytes.subarray(offset, offset + length))
    let resent = 0
    for (let id = 0; id < engine.conversations.count; id++) {
      const client = (await engine.timestampRoundTrips(id, read))?.client
      if (!client || client.prompt.row.length < 20) continue
      resent += client.resent
      // The relay's timers are a part of a millisecond early at times.
      expect(client.shortestNs).toBeGreaterThan(3 * MS)
      expect(client.p50Ns).toBeLessThan(8 * MS)
    }
    expect(resent).toBeGreaterThan(5)
  })
})
