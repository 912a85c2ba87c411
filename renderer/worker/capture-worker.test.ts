import { readFileSync } from 'node:fs'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { Cancelled, Engine, type Query } from '../../engine/engine.ts'
import { CaptureWorker } from './capture-worker.ts'
import type { OverviewProgress, Progress } from './engine-service.ts'

const SAMPLES = new URL('../../resources/samples/', import.meta.url)

async function open(name: string, maxPackets?: number): Promise<{ worker: CaptureWorker; reports: Progress[] }> {
  const worker = new CaptureWorker((options) => new Engine(options))
  const reports: Progress[] = []
  const file = new File([readFileSync(new URL(name, SAMPLES))], name)
  await worker.open({ kind: 'file', file }, (progress) => reports.push(progress), {
    ...(maxPackets !== undefined && { maxPackets }),
  })
  return { worker, reports }
}

describe('the worker, with more packets than it may keep', () => {
  it('answers about the first ones, and says that there are more', async () => {
    const { worker, reports } = await open('loss-episode.pcapng', 500)
    expect(reports.at(-1)).toMatchObject({
      phase: 'done',
      facts: { packets: 500, complete: true, unread: { reason: expect.stringContaining('500 packets') } },
    })
    expect((await worker.select({})).count).toBe(500)
    expect((await worker.findings()).version).toBe(500)
  })

  it('is read on as a part, from the place that the overview knows', async () => {
    const file = new File([readFileSync(new URL('loss-episode.pcapng', SAMPLES))], 'loss')
    const overviews: OverviewProgress[] = []
    await new CaptureWorker((options) => new Engine(options)).overview({ kind: 'file', file }, (progress) =>
      overviews.push(progress),
    )
    const last = overviews.at(-1)
    expect(last).toMatchObject({ done: true, bytesRead: file.size, overview: { frames: 2162 } })

    const reports: Progress[] = []
    const worker = new CaptureWorker((options) => new Engine(options))
    await worker.open({ kind: 'file', file }, (progress) => reports.push(progress), {
      part: { firstFrame: 501, lastFrame: 1000 },
      ...(last && { overview: last.overview }),
    })
    expect(reports.at(-1)).toMatchObject({ phase: 'done', facts: { packets: 500, part: { before: 500 } } })
    expect(await worker.packet(0)).toMatchObject({ frame: 501 })
    await expect(worker.details(500)).rejects.toThrow('There is no packet No. 1001: 500 have been read so far.')
  })
})

describe('the worker, when the bytes can not be had any more', () => {
  it('lists what is known of the packets, and why the rest is not', async () => {
    const bytes = readFileSync(new URL('loss-episode.pcapng', SAMPLES))
    let gone = false
    class Moved extends File {
      override slice(from?: number, to?: number): Blob {
        if (gone) throw new Error('loss.pcapng was moved.')
        return super.slice(from, to)
      }
    }
    const worker = new CaptureWorker((options) => new Engine(options))
    await worker.open({ kind: 'file', file: new Moved([bytes], 'loss.pcapng') }, () => undefined, {})
    const { id } = await worker.select({})
    const [before] = await worker.rows(id, 0, 1)
    gone = true
    const [after] = await worker.rows(id, 0, 1)
    expect(after).toEqual({ ...before, info: 'loss.pcapng was moved.' })
    // What is read of them can not be searched.
    await expect(worker.select({ filter: 'frame contains "GET"' })).rejects.toThrow('loss.pcapng was moved.')
  })
})

describe('the worker, over a real capture', () => {
  let worker: CaptureWorker
  let reports: Progress[]
  beforeAll(async () => {
    ;({ worker, reports } = await open('loss-episode.pcapng'))
  })

  it('reports the end with the facts', () => {
    expect(reports.at(-1)).toMatchObject({ phase: 'done', facts: { packets: 2162, complete: true } })
  })

  it('lists all packets without a filter, a page at a time', async () => {
    const { id, count } = await worker.select({})
    expect(count).toBe(2162)
    const rows = await worker.rows(id, 2160, 10)
    expect(rows.map((row) => row.row)).toEqual([2160, 2161])
  })

  it('tells pairs of addresses the round trips of the time and filter asked about, the slowest first', async () => {
    const all = await worker.addressPairs({})
    expect(all.map(({ server }) => server)).toEqual(['10.96.31.10', '10.244.2.22', '10.244.2.44', '10.244.2.21'])
    for (const query of [{}, { filter: 'ip.addr == 10.244.2.22', from: 1e9, to: 9e9 }]) {
      const pairs = await worker.addressPairs(query)
      const summaries = await worker.latencies(query)
      const counted = (name: string) => summaries.find(({ measure }) => measure === name)?.count
      expect(counted('rtt client')).toBe(pairs.reduce((sum, { toClient }) => sum + (toClient?.count ?? 0), 0))
      expect(counted('rtt server')).toBe(pairs.reduce((sum, { toServer }) => sum + (toServer?.count ?? 0), 0))
      if (query.filter) expect(pairs).toMatchObject([{ client: '10.244.1.17', server: '10.244.2.22' }])
    }
    expect(await worker.addressPairs({ filter: 'udp' })).toEqual([])
  })

  it('agrees with itself: lanes, list and conversations count the same packets', async () => {
    const query = { filter: 'tcp.analysis.retransmission', from: 13e9, to: 18e9 }
    const { id, count } = await worker.select(query)
    const lanes = await worker.lanes({ filter: query.filter }, query.from, query.to, 50)
    expect(lanes.packets.reduce((sum, packets) => sum + packets, 0)).toBe(count)
    const rows = await worker.rows(id, 0, count)
    expect(rows.every((row) => row.labels.length > 0 && row.time >= query.from && row.time < query.to)).toBe(true)
    const ids = new Set(rows.map((row) => row.conversation))
    const { total } = await worker.conversations(query, 'harmMs', true, 0, 0)
    expect(total).toBe(ids.size)
  })

  it('lists what notes say now, and tells where they and the comments in the file are', async () => {
    const query = { filter: 'hopscope.note contains "odd"' }
    const before = await worker.select(query)
    expect(before.count).toBe(0)
    const time = (row: number) => worker.packet(row).then((found) => String(epoch + BigInt(found?.time ?? 0)))
    const epoch = BigInt(reports.at(-1)?.facts.epochNs ?? 0)
    const anchor = { kind: 'packet', frame: 1001, time: await time(1000) } as const
    const note = { id: 'a', anchor, text: 'odd', createdAt: 1, editedAt: 1 }
    const placed = await worker.placeNotes([note])
    expect(placed.notes[0]).toMatchObject({ note, imported: false, row: 1000 })
    expect(placed.notes.some(({ imported, row }) => imported && row !== undefined)).toBe(true)
    const { id, count } = await worker.select(query)
    expect(count).toBe(1)
    expect((await worker.rows(id, 0, 9)).map(({ row }) => row)).toEqual([1000])
    expect((await worker.conversations(query, 'harmMs', true, 0, 9)).total).toBe(1)
    expect((await worker.placeNotes([])).revision).toBeGreaterThan(placed.revision)
    expect((await worker.select(query)).count).toBe(0)
    expect((await worker.conversations(query, 'harmMs', true, 0, 9)).total).toBe(0)
  })

  it('finds a packet in a selection, and the first of one', async () => {
    const query = { filter: 'tcp.analysis.retransmission' }
    const { id } = await worker.select(query)
    const first = await worker.firstPacket(query)
    expect(first).toBeDefined()
    expect(await worker.position(id, first ?? -1)).toEqual({ index: 0, found: true })
    expect((await worker.position(id, 0)).found).toBe(false)
  })

  it('puts the conversation that lost most first, and finds any one in the order', async () => {
    const page = await worker.conversations({}, 'harmMs', true, 0, 6)
    const harm = page.rows.map((row) => row.harmMs)
    expect(harm).toEqual(harm.toSorted((a, b) => b - a))
    expect(page.worstHarmMs).toBe(harm[0])
    expect(await worker.conversationPosition({}, 'harmMs', true, page.rows[3].id)).toBe(3)
    expect((await worker.conversation(page.rows[2].id))?.addressA).toBe(page.rows[2].addressA)
    expect(await worker.conversation(999)).toBeUndefined()
  })

  it('reads a packet from its bytes, and says when there is none', async () => {
    const { bytes, tree } = await worker.details(0)
    expect(bytes).toHaveLength(74)
    expect(tree.some((node) => node.field === 'tcp')).toBe(true)
    await expect(worker.details(2162)).rejects.toThrow('no packet No. 2163')
    expect(await worker.packet(2162)).toBeUndefined()
  })

  it('distributes as many round-trip times as the lanes have', async () => {
    const lanes = await worker.lanes({}, 0, 60e9, 1)
    const { counts } = await worker.rttHistogram({})
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(lanes.rttSamples[0])
  })

  it('gives up a search when the filter has changed', async () => {
    const { worker: other } = await open('loss-episode.pcapng')
    other.setView({ filter: 'frame contains "GET"' })
    const search = other.select({ filter: 'frame contains "GET"' })
    other.setView({ filter: 'tcp' })
    await expect(search).rejects.toThrow('Cancelled')
    expect((await other.select({ filter: 'frame contains "GET"' })).count).toBeGreaterThan(0)
  })

  it('lists packets by a column, up and down, and knows where one is', async () => {
    const query = { filter: 'tcp.analysis.retransmission' }
    const up = await worker.select(query, { key: 'length', descending: false })
    const lengths = (await worker.rows(up.id, 0, up.count)).map(({ length }) => length)
    expect(lengths).toEqual(lengths.toSorted((a, b) => a - b))
    const down = await worker.select(query, { key: 'length', descending: true })
    const [longest] = await worker.rows(down.id, 0, 1)
    expect(longest.length).toBe(lengths.at(-1))
    expect(await worker.position(down.id, longest.row)).toEqual({ index: 0, found: true })
    expect((await worker.select(query)).id).not.toBe(up.id)
  })

  it('gives up sorting when another order is wanted', async () => {
    const { worker: other } = await open('loss-episode.pcapng')
    other.setView({}, { key: 'info', descending: false })
    const sort = other.select({}, { key: 'info', descending: false })
    // The rows are known at once; then they are sorted.
    await other.select({})
    other.setView({})
    await expect(sort).rejects.toThrow('Cancelled')
    const { id } = await other.select({}, { key: 'frame', descending: true })
    expect((await other.rows(id, 0, 1))[0].row).toBe(2161)
  })

  it('follows a stream: its lines, what is found in it, and its bytes', async () => {
    const followed = await worker.follow({ conversation: 1, side: 'client', format: 'text', width: 100 })
    if (!followed) throw new Error('there is no stream')
    expect(followed).toMatchObject({ bytes: 12_612, complete: true })
    const lines = await worker.followLines(followed.id, 0, 2)
    expect(new TextDecoder().decode(lines[0].bytes)).toBe('GET /orders?items=13 HTTP/1.1')
    expect(lines[0].bytes.buffer.byteLength).toBe(lines[0].bytes.length)
    const { positions } = await worker.followSearch(followed.id, new TextEncoder().encode('host:'), false)
    expect(await worker.followLineAt(followed.id, positions[0])).toBe(1)
    const blob = await worker.followBytes(followed.id)
    expect(blob.size).toBe(12_612)
    await expect(worker.followState(99)).rejects.toThrow('no longer followed')
    expect(await worker.follow({ conversation: 999, format: 'text', width: 100 })).toBeUndefined()
  })

  it('shows packets of a conversation as arrows, the time between them across pages', async () => {
    const { id, count } = await worker.select({ conversation: 4 })
    const all = await worker.ladder(id, 4, 0, count)
    const second = await worker.ladder(id, 4, 100, 100)
    expect(second).toEqual(all.slice(100, 200))
    expect(all.filter(({ lost }) => lost).map(({ row, lost }) => [row + 1, (lost?.again ?? 0) + 1])).toEqual([
      [1210, 1221],
    ])
  })

  it('draws no more of a connection than there are pixels', async () => {
    const request = { conversation: 4, side: 'server', from: 0, to: 32e9, width: 300, height: 100 } as const
    const graph = await worker.timeSequence(request)
    expect(graph?.segments.row.length).toBeGreaterThan(100)
    expect(graph?.segments.row.length).toBeLessThan(400)
    expect(await worker.timeSequence({ ...request, conversation: 999 })).toBeUndefined()
  })

  it('tells names of addresses, and only when there are more than were known', async () => {
    const names = await worker.names(0)
    expect(names).toContainEqual({ address: '10.244.1.17', name: 'checkout-7d9f6c5b8-xk2lp.shop', source: 'capture' })
    expect(await worker.names(names?.length ?? 0)).toBeUndefined()
    const { worker: dns } = await open('dns-5s.pcap')
    expect(await dns.names(0)).toContainEqual({
      address: '10.96.31.10',
      name: 'orders.shop.svc.cluster.local',
      source: 'dns',
    })
  })

  it('reads packets of a compressed capture by their place in the decompressed bytes', async () => {
    const { worker: other } = await open('vxlan-nodes.pcap.zst')
    const { id, count } = await other.select({ filter: 'vxlan' })
    const [last] = await other.rows(id, count - 1, 1)
    const { bytes } = await other.details(last.row)
    expect([bytes[12], bytes[13]]).toEqual([0x08, 0x00])
  })
})

describe('a search that nobody waits for any more', () => {
  afterEach(() => vi.unstubAllGlobals())

  it.each([
    ['excerpts', (n: number) => `tcp.checksum > ${n}`],
    ['find', (n: number) => `frame contains "nowhere ${n}"`],
    ['pieces', (n: number) => `frame.number % 100 == 1 && frame[-1] > ${n}`],
  ])('ends what it has asked the host for: %s', async (what, filterOf) => {
    const bytes = readFileSync(new URL('loss-episode.pcapng', SAMPLES))
    const asked: AbortSignal[] = []
    vi.stubGlobal(
      'fetch',
      (url: string, { headers, signal }: { headers?: Record<string, string>; signal?: AbortSignal }) => {
        const [, from] = /bytes=(\d+)-/.exec(headers?.['range'] ?? '') ?? []
        if (!url.includes(`?${what}=`))
          return Promise.resolve(new Response(bytes.subarray(Number(from ?? 0)), { status: from ? 206 : 200 }))
        if (!signal) throw new Error('Nobody can end it.')
        asked.push(signal)
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))))
      },
    )
    const worker = new CaptureWorker((options) => new Engine(options))
    const request = { url: 'http://host/capture/1', headers: {} }
    await worker.open({ kind: 'served', request, size: bytes.length, growing: false }, () => undefined, {})
    for (const [n, end] of [() => worker.setView({ filter: 'tcp' }), () => worker.stopSearch()].entries()) {
      const query = { filter: filterOf(n) }
      worker.setView(query)
      const found = worker.select(query).then(
        ({ looked }) => looked,
        (error: unknown) => (error instanceof Cancelled ? 'cancelled' : error),
      )
      const mine = () => asked.filter(({ aborted }) => !aborted)
      await expect.poll(() => mine().length).toBeGreaterThan(0)
      end()
      expect(mine()).toEqual([])
      expect(await found).toBe(n === 0 ? 'cancelled' : 0)
    }
  })
})

describe('the list of packets', () => {
  it('is answered before what else was asked of the same packets, with the rows on screen', async () => {
    const { worker } = await open('loss-episode.pcapng')
    for (const query of [{}, { filter: 'tcp.analysis.retransmission' }]) {
      const answered: string[] = []
      const said = (what: string) => () => void answered.push(what)
      await Promise.all([
        worker.lanes(query, 0, 60e9, 100).then(said('lanes')),
        worker.conversations(query, 'harmMs', true, 0, 10).then(said('conversations')),
        worker.findings().then(said('findings')),
        worker.select(query, undefined, { first: 0, count: 40, page: 32 }).then(said('list')),
      ])
      expect(answered[0]).toBe('list')
    }
  })

  it('comes with whole pages, those at its end where it has become shorter', async () => {
    const { worker } = await open('loss-episode.pcapng')
    const part = { first: 1000, count: 40, page: 32 }
    const whole = async (query: Query) => {
      for (;;) {
        const list = await worker.select(query, undefined, part)
        if (list.complete) return list
      }
    }
    const all = await whole({})
    expect(all).toMatchObject({ count: 2162, rows: { start: 992 } })
    expect(all.rows?.of.map(({ row }) => row)).toEqual(Array.from({ length: 64 }, (_, i) => 992 + i))
    const some = await whole({ filter: 'frame.number <= 50' })
    expect(some).toMatchObject({ count: 50, rows: { start: 0 } })
    expect(some.rows?.of).toHaveLength(50)
    const few = await worker.select({ filter: 'frame.number == 7' }, { key: 'length', descending: true }, part)
    expect(few.rows?.of.map(({ row }) => row)).toEqual([6])
  })
})
