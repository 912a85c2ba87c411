import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findInstallation } from '../../installation.ts'
import { endsOf, inRound } from './frame-ends.ts'
import { packetFilter } from './packet-filter.ts'
import { readRecording } from './recording.ts'
import { ReplayedTraffic } from './traffic.ts'

const samples = findInstallation().samples
const recordings = readdirSync(samples)
  .filter((name) => name.includes('.pcap'))
  .map((name) => ({ name, ...readRecording(readFileSync(join(samples, name))) }))

/** 0 when the checksum of a TCP or UDP packet is right. */
function checksumOf(frame: Buffer): number {
  const header = (frame.readUInt8(14) & 15) * 4
  const length = frame.readUInt16BE(16) - header
  const pseudo = Buffer.alloc(12)
  frame.copy(pseudo, 0, 26, 34)
  pseudo.writeUInt8(frame.readUInt8(23), 9)
  pseudo.writeUInt16BE(length, 10)
  const data = Buffer.concat([pseudo, frame.subarray(14 + header, 14 + header + length), Buffer.alloc(length & 1)])
  let sum = 0
  for (let at = 0; at < data.length; at += 2) sum += data.readUInt16BE(at)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return 0xffff - sum
}

describe('recordings that are played again', () => {
  it('are all samples, with their times', () => {
    expect(recordings.length).toBeGreaterThan(8)
    for (const { name, frames, durationMs } of recordings) {
      expect(frames.length, name).toBeGreaterThan(100)
      expect(durationMs, name).toBeGreaterThan(10_000)
      expect(durationMs, name).toBeLessThan(90_000)
      expect(
        frames.every(({ bytes, length }) => bytes.length <= length),
        name,
      ).toBe(true)
    }
  })

  it('have other ephemeral ports in another round, and checksums as right as before', () => {
    let compared = 0
    for (const { frames } of recordings) {
      for (const { bytes, length } of frames) {
        const { transport, sourcePort = 0, destinationPort = 0 } = endsOf(bytes)
        const again = inRound(bytes, 3)
        const other = endsOf(again)
        if (transport !== 'tcp' && transport !== 'udp') continue
        const ephemeral = (port: number) => port >= 32_768 && port < 61_000
        const vxlan = destinationPort === 8472
        expect(other.sourcePort === sourcePort).toBe(!ephemeral(sourcePort) || vxlan)
        expect(other.destinationPort === destinationPort).toBe(!ephemeral(destinationPort))
        if (vxlan || bytes.length < length || bytes.readUInt16BE(16) + 14 > bytes.length) continue
        expect(checksumOf(again)).toBe(checksumOf(bytes))
        compared++
      }
    }
    expect(compared).toBeGreaterThan(1000)
  })

  it('pass at the addresses that they were recorded of, round after round', () => {
    const [first] = recordings.filter(({ name }) => name.startsWith('loss-episode'))
    if (!first) throw new Error('the sample is missing')
    const traffic = new ReplayedTraffic([first], 1_000_000)
    const until = 1_000_000 + first.durationMs + 3000
    let seen = 0
    for (let from = 1_000_000; from < until; from += 100)
      seen += traffic.passing('10.244.1.17', from - 1, from + 99).length
    const oneRound = first.frames.length
    expect(seen).toBeGreaterThan(oneRound)
    expect(traffic.passing('10.244.9.9', 1_000_000, 1_005_000)).toEqual([])
  })
})

describe('the filters of the demo', () => {
  const ends = {
    network: 'ip',
    source: '10.0.0.1',
    destination: '10.0.0.2',
    transport: 'tcp',
    sourcePort: 40_000,
    destinationPort: 80,
  }
  it.each([
    ['', true],
    ['tcp', true],
    ['udp', false],
    ['port 80', true],
    ['src port 80', false],
    ['tcp dst port 80', true],
    ['host 10.0.0.2 and not port 443', true],
    ['dst host 10.0.0.1', false],
    ['net 10.0.0.0/24', true],
    ['src net 10.1.0.0/16', false],
    ['(udp or icmp) or (tcp and portrange 79-81)', true],
    ['not (tcp and port 80)', false],
  ])('%s', (text, expected) => expect(packetFilter(text)(ends)).toBe(expected))

  it.each(['prot 80', 'port', 'port http80', 'tcp and', '(tcp', 'host 1.2.3', 'tcp tcp'])('refuses %s', (text) => {
    expect(() => packetFilter(text)).toThrow(/syntax error/)
  })
})
