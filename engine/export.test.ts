import { describe, expect, it } from 'vitest'
import { concat, NgBlocks, pcap, payload } from './capture-file/testing/build-capture.ts'
import { CaptureChanged, Engine, exportPcap, exportPcapng, lostInPcap, type ReadBytes, Redaction } from './engine.ts'
import { ethernet, ipv4, tcp, text, udp } from './query/testing/frames.ts'

const T = 1_700_000_000_123_456_789n
const udpFrame = (port: number, length = 4) =>
  ethernet(0x800, ipv4({ source: '10.0.0.1', destination: '10.0.0.2', protocol: 17 }, udp(port, 53, payload(length))))
const SYN = ethernet(
  0x800,
  ipv4(
    { source: '10.0.0.1', destination: '10.0.0.2', protocol: 6 },
    tcp({ source: 7, destination: 80, seq: 1, flags: 2 }),
  ),
)
const RAW = ipv4({ source: '10.0.0.3', destination: '10.0.0.2', protocol: 17 }, udp(9, 53, payload(3)))

/** Two sections; three interfaces of two link types and two resolutions; names, comments, drop counts, secrets, a custom block. */
function capture(): Uint8Array {
  const first = new NgBlocks()
  const second = new NgBlocks(true)
  return concat(
    first.section([[1, 'the day it broke']]),
    first.interface(1, 96, [
      [2, 'eth0'],
      [3, 'the uplink'],
      [9, [9]],
      [11, '\0port 53'],
      [12, 'Linux 6'],
      [13, [4]],
      [15, 'virtio'],
      [1, 'about eth0'],
    ]),
    first.interface(1, 0, [[2, 'eth1']]),
    first.secrets(0x544c_534b, 'CLIENT_RANDOM 0123 4567'),
    first.names([
      [1, [10, 0, 0, 1], 'client.shop', 'client'],
      [2, [0xfd, ...new Array<number>(14).fill(0), 7], 'six'],
    ]),
    first.enhanced(0, T, udpFrame(1000), [[1, 'look here']]),
    first.enhanced(1, T / 1000n + 2n, SYN),
    first.custom(1, payload(8)),
    first.enhanced(0, T - 5000n, udpFrame(1001, 7), [
      [1, 'one'],
      [1, 'two'],
    ]),
    first.enhanced(0, T + 1n, udpFrame(1002, 40).subarray(0, 60), [], 82),
    first.simple(udpFrame(1003)),
    first.statistics(0, [
      [4, first.u64(9)],
      [5, first.u64(3)],
    ]),
    first.statistics(0, [[1, 'Hopscope: Pod shop/client was deleted.']], T + 7n),
    second.section([[1, 'and later']]),
    second.interface(101, 0),
    second.enhanced(0, T / 1000n + 9n, RAW),
    second.secrets(0x544c_534b, 'CLIENT_RANDOM 89ab cdef'),
  )
}

function opened(file: Uint8Array): { engine: Engine; read: ReadBytes } {
  const engine = new Engine()
  engine.push(file)
  engine.finish()
  return { engine, read: (offset, length) => Promise.resolve(file.subarray(offset, offset + length)) }
}

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) all.push(piece)
  return concat(...all)
}

/** Rows of packets as one can compare them between two captures. */
async function packets({ engine, read }: ReturnType<typeof opened>, rows: readonly number[]) {
  return Promise.all(
    rows.map(async (row) => {
      const chunk = engine.packets.chunk(row)
      return {
        time: (engine.epoch ?? 0n) + BigInt(chunk.time[row]),
        interface: chunk.interface[row],
        length: chunk.length[row],
        bytes: Array.from(await read(chunk.offset[row], chunk.capturedLength[row])),
        comments: engine.packetComments.get(row) ?? [],
      }
    }),
  )
}

const everyRow = (engine: Engine) => Uint32Array.from({ length: engine.packets.rows }, (_, row) => row)
const contains = (file: Uint8Array, word: string) => Buffer.from(file).includes(word)

describe('exporting as pcapng', () => {
  it('gives back packets, times, interfaces, names, comments and drop counts when read again', async () => {
    const source = opened(capture())
    expect(source.engine.facts()).toMatchObject({ packets: 7, interfaces: [{}, {}, {}] })
    const exported = opened(await collect(exportPcapng(source.engine, everyRow(source.engine), source.read)))
    const { engine } = exported
    expect(engine.facts().damage).toBeUndefined()
    // The custom block, row 2, holds no packet.
    expect(await packets(exported, [0, 1, 2, 3, 4, 5])).toEqual(await packets(source, [0, 1, 3, 4, 5, 6]))
    expect(engine.facts().comments).toEqual(['the day it broke', 'and later'])
    expect([...engine.names]).toEqual([
      ['10.0.0.1', new Set(['client.shop', 'client'])],
      ['fd00::7', new Set(['six'])],
    ])
    const same = source.engine.interfaces.map((one) => ({ ...one, ticksPerSecond: 1e9 }))
    expect(engine.interfaces).toEqual(same)
    expect(engine.interfaces[0]).toMatchObject({
      fcsLength: 4,
      statistics: { received: 9, dropped: 3 },
      remarks: [{ text: 'Hopscope: Pod shop/client was deleted.' }],
    })
  })

  it.each([['names'], ['addresses']] as const)('says nothing of who it was when %s are taken out', async (kind) => {
    const { engine, read } = opened(capture())
    const redaction = new Redaction([kind], (bytes) => void crypto.getRandomValues(bytes))
    const exported = await collect(exportPcapng(engine, everyRow(engine), read, redaction))
    for (const word of ['client', 'eth0', 'uplink', 'port 53', 'the day', 'look here'])
      expect([word, contains(exported, word)]).toEqual([word, false])
  })

  it('holds the selected packets only, with all interfaces under their numbers', async () => {
    const source = opened(capture())
    const rows =
      (await source.engine.select({ filter: 'udp.srcport == 1002 || ip.src == 10.0.0.3' }, source.read)) ?? []
    const exported = opened(await collect(exportPcapng(source.engine, Uint32Array.from(rows), source.read)))
    expect(await packets(exported, [0, 1])).toEqual(await packets(source, [4, 6]))
    expect(exported.engine.packets.rows).toBe(2)
    expect(exported.engine.interfaces.map(({ name }) => name)).toEqual(['eth0', 'eth1', undefined])
  })

  it('is a capture without packets when nothing is selected', async () => {
    const source = opened(capture())
    const exported = opened(await collect(exportPcapng(source.engine, new Uint32Array(0), source.read)))
    expect(exported.engine.facts()).toMatchObject({ format: 'pcapng', packets: 0, complete: true })
    expect(exported.engine.facts().damage).toBeUndefined()
  })

  it('never holds decryption secrets', async () => {
    const file = capture()
    const source = opened(file)
    expect(contains(file, 'CLIENT_RANDOM')).toBe(true)
    const exported = await collect(exportPcapng(source.engine, everyRow(source.engine), source.read))
    expect(contains(exported, 'CLIENT_RANDOM')).toBe(false)
  })

  it('never holds TLS key log lines that somebody keeps in comments, and says so; what else they say stays', async () => {
    const secrets = [
      `CLIENT_RANDOM ${'0a'.repeat(32)} ${'1b'.repeat(48)}`,
      `CLIENT_HANDSHAKE_TRAFFIC_SECRET ${'0a'.repeat(32)} ${'1b'.repeat(32)}`,
      `SERVER_TRAFFIC_SECRET_0 ${'0a'.repeat(32)} ${'1b'.repeat(32)}`,
      `EXPORTER_SECRET ${'0a'.repeat(32)} ${'1b'.repeat(32)}`,
      `RSA Session-ID:${'0a'.repeat(32)} Master-Key:${'1b'.repeat(48)}`,
    ]
    const blocks = new NgBlocks()
    const source = opened(
      concat(
        blocks.section([[1, ['keys:', ...secrets].join('\r\n')]]),
        blocks.interface(1, 0, [[1, secrets[0]]]),
        blocks.enhanced(0, T, SYN, [
          [1, secrets[2]],
          [1, 'CLIENT_RANDOM is not here'],
        ]),
      ),
    )
    const bytes = await collect(exportPcapng(source.engine, everyRow(source.engine), source.read))
    expect(Buffer.from(bytes).toString('latin1')).not.toMatch(/(1b){8}/)
    const { engine } = opened(bytes)
    expect(engine.facts().comments).toEqual(['keys:\n[TLS keys left out]'])
    expect(engine.packetComments.get(0)).toEqual(['[TLS keys left out]', 'CLIENT_RANDOM is not here'])
  })

  it('yields a large capture in pieces, each frame with its own bytes', async () => {
    const records = Array.from({ length: 10_000 }, (_, i) => ({
      seconds: 1000 + i,
      fraction: i,
      bytes: text(`frame ${i}`.padEnd(60)),
    }))
    const source = opened(pcap(records))
    const pieces: Uint8Array[] = []
    for await (const piece of exportPcapng(source.engine, everyRow(source.engine), source.read)) pieces.push(piece)
    expect(pieces.length).toBeGreaterThan(2)
    const exported = opened(concat(...pieces))
    expect(exported.engine.packets.rows).toBe(10_000)
    const some = [0, 4095, 4096, 9999]
    expect(await packets(exported, some)).toEqual(await packets(source, some))
  })

  it('fails rather than write frames that the file no longer has', async () => {
    const file = capture()
    const { engine } = opened(file)
    const shorter = file.subarray(0, file.length - 200)
    const read: ReadBytes = (offset, length) => Promise.resolve(shorter.subarray(offset, offset + length))
    await expect(collect(exportPcapng(engine, everyRow(engine), read))).rejects.toThrow(CaptureChanged)
    await expect(collect(exportPcapng(engine, everyRow(engine), read))).rejects.toThrow(/packet 7 is no longer in it/)
  })
})

describe('exporting as classic pcap', () => {
  it('keeps packets with their times to the nanosecond and their lengths', async () => {
    const source = opened(capture())
    const rows = Uint32Array.of(0, 1, 2, 3, 4, 5)
    const exported = opened(await collect(exportPcap(source.engine, rows, source.read)))
    expect(exported.engine.facts()).toMatchObject({ format: 'pcap', packets: 5 })
    const expected = await packets(source, [0, 1, 3, 4, 5])
    expect(await packets(exported, [0, 1, 2, 3, 4])).toEqual(
      expected.map((packet) => ({ ...packet, interface: 0, comments: [] })),
    )
  })

  it('is refused where the selected packets have different link types, not where others have', async () => {
    const { engine, read } = opened(capture())
    expect(lostInPcap(engine, everyRow(engine))).toBeUndefined()
    expect(lostInPcap(engine, Uint32Array.of(0, 1))).toBeDefined()
    const raw = await collect(exportPcap(engine, Uint32Array.of(6), read))
    expect(opened(raw).engine.interfaces[0].linkType).toBe(101)
  })

  it('says what it cannot hold of the selected packets', () => {
    const { engine } = opened(capture())
    expect(lostInPcap(engine, Uint32Array.of(0, 1))).toEqual([
      'which of 2 interfaces saw a packet',
      'comments',
      'names of addresses',
      'what interfaces are called',
      'how many packets were dropped',
    ])
    const plain = opened(pcap([{ seconds: 1, fraction: 0, bytes: SYN }]))
    expect(lostInPcap(plain.engine, Uint32Array.of(0))).toEqual([])
  })
})
