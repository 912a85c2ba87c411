import { describe, expect, it, vi } from 'vitest'
import { captureOf, type LookupMessage, lookupsAtTwoPoints, type Sighting } from '../../test/support/two-points.ts'
import { findInBytes, framesOf, theFinding } from '../../test/support/find-in.ts'
import { PcapngWriter } from '../capture-file/pcapng-writer.ts'
import type * as hops from '../hops/hops.ts'

/** How often somebody looked at whose reset a point made. */
const looks = vi.hoisted(() => ({ count: 0 }))
vi.mock('../hops/hops.ts', async (original) => {
  const { hopsOf } = await original<typeof hops>()
  return {
    hopsOf: (...sources: Parameters<typeof hopsOf>) => {
      const report = hopsOf(...sources)
      const made = report.made.map((reset) => ({
        ...reset,
        get members() {
          looks.count++
          return reset.members
        },
      }))
      return { ...report, made }
    },
  }
})

const EPOCH = 1_700_000_000_000_000_000n

/** Connections as two points see them, a millisecond apart; one marked `# dies` only by the first on its way, one marked `# made` only by the second. */
function seenTwice(...connections: readonly string[]) {
  const writer = new PcapngWriter()
  const points = ['web', 'db'].map((name) => writer.interface({ linkType: 1, name }))
  const sightings = connections.flatMap((text, n) => {
    const lines = text.split('\n').filter((line) => line.trim() !== '')
    const packets = lines.filter((line) => line.includes('>'))
    return framesOf(lines.map((line) => line.replace(/# \w+/, '')).join('\n'), n).flatMap((frame, i) => {
      const [near, far] = packets[i].includes('A>B') ? points : points.toReversed()
      const dies = packets[i].includes('# dies')
      const made = packets[i].includes('# made')
      return [
        ...(made ? [] : [{ ...frame, id: near }]),
        ...(dies ? [] : [{ ...frame, id: far, time: frame.time + 1e6 }]),
      ]
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

const TALK = [0, 1]
  .map(
    (i) => `
    +5ms A>B PA ${1 + 100 * i}(100) ack ${1 + 10 * i} id ${3 + 2 * i}
    +5ms B>A PA ${1 + 10 * i}(10) ack ${101 + 100 * i} id ${2 + i}`,
  )
  .join('')

const REJECTED = `${HANDSHAKE}${TALK}
    +5ms A>B PA 201(100) ack 21 id 9 # dies
    +1ms B>A R  21(0) # made`

/** A connection after them: what comes behind a reset may not have been captured at a capture's end. */
const LATER = `isn A 5000 B 7000\n${HANDSHAKE.replace('+0 ', '+1s')}`

describe('a capture of two points', () => {
  it('names the hop on which packets were lost', async () => {
    const finding = theFinding(await seenTwice(HANDSHAKE + [0, 1, 2, 3].map(lostOnce).join('')))
    expect(finding.kind).toBe('loss')
    expect(finding.blamed).toMatch(/^the network between web and db, where 4 segments died$/)
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

  it('names the hop on which one of two questions of a lookup was lost', async () => {
    const common = { lookup: 30, name: 'db.shop' }
    const asked: LookupMessage[] = [
      { ...common, at: 1100, dies: true },
      { ...common, at: 1100.1, type: 28 },
      { ...common, at: 1104, type: 28, back: true },
      { ...common, at: 6100 },
      { ...common, at: 6104, back: true },
    ]
    const finding = theFinding(await findInBytes(captureOf(lookupsAtTwoPoints(asked))))
    expect(finding.kind).toBe('dns-race')
    expect(finding.blamed).toMatch(/^the way between pod and node, where 1 question died; most likely connection/)
  })

  it('names the hops on which questions and answers were lost, and where questions came and were not answered', async () => {
    const again = (lookup: number, rest: Partial<LookupMessage> = {}): LookupMessage[] =>
      [1100, 6100].map((at) => ({ at, lookup, name: `name-${lookup}.shop`, ...rest }))
    const answers = again(31, { back: true, dies: true }).map((each) => ({ ...each, at: each.at + 4 }))
    const asked = [...again(30, { dies: true }), ...again(31), ...answers, ...again(32)]
    const finding = theFinding(await findInBytes(captureOf(lookupsAtTwoPoints(asked))))
    expect(finding.kind).toBe('dns-unanswered')
    expect(finding.blamed).toBe(
      'the network between pod and node, where 2 questions died and between node and pod, where 2 answers died; db.shop (10.0.0.2), or the way behind node, to which 2 questions came and from which no answer did',
    )
    expect(finding.why).toBe('The questions are in the capture, and no answer with their id came back to who asked.')
  })

  it('knows an answer that died at a point whose clock is ahead', async () => {
    const lookup = { lookup: 31, name: 'db.shop' }
    const asked = [1100, 6100].flatMap((at): LookupMessage[] => [
      { ...lookup, at },
      { ...lookup, at: at + 4, back: true, dies: true },
    ])
    const asks = [1200, 6200].map((at): LookupMessage => ({ ...lookup, at, lookup: 32, dies: true }))
    const { pod, node } = lookupsAtTwoPoints([...asked, ...asks])
    const later = (ns: bigint) => (each: Sighting) => ({ ...each, time: each.time + ns })
    const isAnswer = ({ bytes }: Sighting) => bytes[35] === 53
    const server = node.map((each) => later(isAnswer(each) ? -1_000_000n : 1_000_000n)(each))
    const points = { pod, node: node.map(later(2_000_000_000n)), server }
    const finding = theFinding(await findInBytes(captureOf(points)))
    // The one that asked twice under 32 is one lookup.
    expect(finding).toMatchObject({ kind: 'dns-unanswered', count: 3 })
    expect(finding.sentence).toContain('of 23 lookups')
  })

  it('names the hop on which resets were made', async () => {
    const finding = theFinding(await seenTwice(HANDSHAKE + TALK, `isn A 70000 B 90000\n${REJECTED}`, LATER))
    expect(finding).toMatchObject({ kind: 'mid-stream-reset', title: 'Resets made between db and web' })
    expect(finding.blamed).toContain('rule that rejects between db and web')
  })

  it('looks once at each reset that was made, of however many connections', async () => {
    const rejected = Array.from(
      { length: 12 },
      (_, i) => `isn A ${70_000 + 5_000 * i} B ${90_000 + 7_000 * i}\n${REJECTED}`,
    )
    looks.count = 0
    const finding = theFinding(await seenTwice(HANDSHAKE + TALK, ...rejected, LATER))
    expect(finding).toMatchObject({ title: 'Resets made between db and web', count: 12 })
    expect(looks.count).toBe(12)
  })

  it('blames no hop for what died elsewhere', async () => {
    const beyond = (text: string) => text.replace(' # dies', '')
    const finding = theFinding(await seenTwice(HANDSHAKE + [0, 1, 2, 3].map(lostOnce).map(beyond).join('')))
    expect(finding.blamed).not.toContain('between web and db')
  })
})
