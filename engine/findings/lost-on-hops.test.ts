import { describe, expect, it } from 'vitest'
import { findInBytes, framesOf, theFinding } from '../../test/support/find-in.ts'
import { PcapngWriter } from '../capture-file/pcapng-writer.ts'

const EPOCH = 1_700_000_000_000_000_000n

/** Connections as two points see them, a millisecond apart; a packet marked `# dies` only by the first on its way. */
function seenTwice(...connections: readonly string[]) {
  const writer = new PcapngWriter()
  const points = ['web', 'db'].map((name) => writer.interface({ linkType: 1, name }))
  const sightings = connections.flatMap((text, n) => {
    const lines = text.split('\n').filter((line) => line.trim() !== '')
    const packets = lines.filter((line) => line.includes('>'))
    return framesOf(lines.map((line) => line.replace('# dies', '')).join('\n'), n).flatMap((frame, i) => {
      const [near, far] = packets[i].includes('A>B') ? points : points.toReversed()
      const dies = packets[i].includes('# dies')
      return [{ ...frame, id: near }, ...(dies ? [] : [{ ...frame, id: far, time: frame.time + 1e6 }])]
    })
  })
  sightings.sort((a, b) => a.time - b.time)
  for (const { id, time, bytes, length = bytes.length } of sightings) {
    writer.packet(id, EPOCH + BigInt(Math.round(time)), bytes, { length })
  }
  return findInBytes(writer.take())
}

/** A request that is lost, and sent again by time-out. */
const lostOnce = (i: number) => `
    +100ms A>B PA ${1 + 100 * i}(100) ack ${1 + 10 * i} id ${10 + 4 * i} # dies
    +210ms A>B PA ${1 + 100 * i}(100) ack ${1 + 10 * i} id ${11 + 4 * i}
    +5ms   B>A PA ${1 + 10 * i}(10) ack ${101 + 100 * i} id ${10 + i}
    +5ms   A>B A  ${101 + 100 * i}(0) ack ${11 + 10 * i} id ${12 + 4 * i}`

const HANDSHAKE = `
    +0    A>B S  0(0) id 1 <mss 1460>
    +5ms  B>A SA 0(0) ack 1 id 1 <mss 1460>
    +5ms  A>B A  1(0) ack 1 id 2`

describe('a capture of two points', () => {
  it('names the hop on which packets were lost', async () => {
    const finding = theFinding(await seenTwice(HANDSHAKE + [0, 1, 2, 3].map(lostOnce).join('')))
    expect(finding.kind).toBe('loss')
    expect(finding.blamed).toMatch(/^the network between web and db, where 4 segments died; /)
    expect(finding.settle).toBe('Captures at points between these: they narrow down where.')
  })

  it('names the hop on which SYNs were lost', async () => {
    const data = `
    +5ms A>B PA 1(100) ack 1 id 4
    +5ms B>A PA 1(10) ack 101 id 5`
    const lost = '+0 A>B S 0(0) id 1 <mss 1460> # dies\n +1s A>B S 0(0) id 2 <mss 1460> # dies\n +1s'
    const late = HANDSHAKE.replace('+0    A>B S  0(0) id 1', `${lost}    A>B S  0(0) id 3`)
    const finding = theFinding(await seenTwice(HANDSHAKE + data, `isn A 70000 B 90000\n${late}${data}`))
    expect(finding.kind).toBe('syn-loss')
    expect(finding.blamed).toBe('the network between web and db, where 2 segments died')
  })

  it('blames no hop for what died elsewhere', async () => {
    const beyond = (text: string) => text.replace(' # dies', '')
    const finding = theFinding(await seenTwice(HANDSHAKE + [0, 1, 2, 3].map(lostOnce).map(beyond).join('')))
    expect(finding.blamed).not.toContain('between web and db')
  })
})
