import { describe, expect, it } from 'vitest'
import { LibraryName } from '../../../common/contract.ts'
import type { CapturePointStatus, ClusterCaptureStatus } from '../../../common/model/cluster-capture.ts'
import { captureFileName } from './capture-names.ts'
import { Health } from './live-capture.ts'
import { whySilent } from './why-silent.ts'

const at = new Date('2026-11-21T05:40:12.345Z')

describe('the name of a capture', () => {
  it.each([
    ['shop/web', 'shop-web_2026-11-21T05-40-12.pcapng'],
    ['../../etc/passwd', 'etc-passwd_2026-11-21T05-40-12.pcapng'],
    ['$(id); rm -rf ~', 'id-rm--rf_2026-11-21T05-40-12.pcapng'],
    ['日本', 'capture_2026-11-21T05-40-12.pcapng'],
    ['.hidden', 'hidden_2026-11-21T05-40-12.pcapng'],
  ])('of %j is %s', (title, name) => {
    expect(captureFileName(title, at)).toBe(name)
  })

  it('is one that the library takes, also when it is long or not the first', () => {
    for (const again of [0, 1, 41]) {
      expect(LibraryName.safeParse(captureFileName('x'.repeat(500), at, again)).success).toBe(true)
    }
  })
})

const point = (more: Partial<CapturePointStatus> = {}): CapturePointStatus => ({
  id: 0,
  node: 'node-a',
  pod: 'web',
  interface: 'eth0',
  state: 'capturing',
  bytes: 0,
  packets: 0,
  lostBytes: 0,
  cuts: 0,
  ...more,
})

describe('the health of a point', () => {
  const order = { context: 'c', title: 't', targets: [], filter: '', snapLength: 128 }
  const status = (...points: CapturePointStatus[]): ClusterCaptureStatus => ({
    id: 'x',
    context: 'c',
    state: 'capturing',
    file: '/f',
    bytes: 0,
    packets: 0,
    startedAt: 0,
    points,
  })

  it('is a rate over the last seconds', () => {
    const health = new Health()
    health.of(status(point()), order, 0)
    health.of(status(point({ packets: 100, bytes: 1000 })), order, 1000)
    const [now] = health.of(status(point({ packets: 200, bytes: 4000 })), order, 2000)
    expect(now).toMatchObject({ packetsPerSecond: 100, bytesPerSecond: 2000, whySilent: [] })
  })

  it('tells of silence after 10 s, from the last packet on, and not before it captures', () => {
    const health = new Health()
    health.of(status(point({ state: 'starting' })), order, 0)
    health.of(status(point({ state: 'starting' })), order, 60_000)
    health.of(status(point({ packets: 1 })), order, 61_000)
    expect(health.of(status(point({ packets: 1 })), order, 70_000)[0]?.silentSince).toBeUndefined()
    const [silent] = health.of(status(point({ packets: 1 })), order, 71_000)
    expect(silent?.silentSince).toBe(61_000)
    expect(silent?.whySilent.length).toBeGreaterThan(0)
    expect(health.of(status(point({ packets: 2 })), order, 72_000)[0]?.silentSince).toBeUndefined()
  })
})

describe('why a point is silent', () => {
  it('blames the filter first, the interface always, and nobody while the connection is cut', () => {
    expect(whySilent({ point: point(), filter: 'port 1', elsewhere: 0, now: 0 })[0]).toMatch(
      /passed the filter "port 1" yet/,
    )
    expect(whySilent({ point: point(), filter: '', elsewhere: 0, now: 0 }).join()).toMatch(/Nobody may be talking/)
    expect(whySilent({ point: point(), filter: '', elsewhere: 5, now: 0 })[0]).toMatch(/Other points do see packets/)
    expect(whySilent({ point: point({ packets: 3 }), filter: '', elsewhere: 0, now: 0 })[0]).toMatch(/traffic before/)
    expect(whySilent({ point: point({ rung: 'node-network' }), filter: '', elsewhere: 0, now: 0 }).join()).toMatch(
      /of the node/,
    )
    expect(whySilent({ point: point({ state: 'reconnecting' }), filter: 'port 1', elsewhere: 0, now: 0 })).toEqual([
      expect.stringMatching(/connection to the container is cut/),
    ])
  })

  it('does not guess about packets where the container is not heard either', () => {
    const silent = { point: point({ packets: 3, heardAt: 1000 }), filter: 'port 1', elsewhere: 0 }
    expect(whySilent({ ...silent, now: 20_000 })).toEqual([expect.stringMatching(/^Nothing is heard .* not known/)])
    expect(whySilent({ ...silent, now: 3000 })[0]).toMatch(/Nothing passes the filter/)
  })
})
