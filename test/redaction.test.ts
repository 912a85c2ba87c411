import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { Engine, exportPcap, exportPcapng, type ReadBytes, Redaction, type RedactionKind } from '../engine/engine.ts'
import { decodeFrame } from '../engine/decode/decode.ts'
import { Packet, TRANSPORT } from '../engine/decode/packet.ts'
import { PROTOCOL } from '../engine/decode/protocols.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const FOLDERS = ['../resources/samples/', './fixtures/captures/'].map((folder) =>
  fileURLToPath(new URL(folder, import.meta.url)),
)
const FILES = FOLDERS.flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.includes('.pcap'))
    .map((name) => [name, join(folder, name)] as const),
)

interface Opened {
  readonly engine: Engine
  readonly read: ReadBytes
}

function opened(file: Uint8Array): Opened {
  const pieces: Uint8Array[] = []
  const engine = new Engine({ onDecompressed: (bytes) => pieces.push(bytes.slice()) })
  engine.push(file)
  engine.finish()
  const bytes = pieces.length === 0 ? file : Buffer.concat(pieces)
  return { engine, read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)) }
}

const everyRow = ({ engine }: Opened) => Uint32Array.from({ length: engine.packets.rows }, (_, row) => row)

/** The same "random" numbers in each run: a test must not fail once in a thousand times because bytes happen to be equal. */
function repeatable(): (bytes: Uint8Array) => void {
  let state = 7
  return (bytes) => {
    for (let i = 0; i < bytes.length; i++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      bytes[i] = state >>> 24
    }
  }
}

async function redacted(source: Opened, kinds: readonly RedactionKind[], format = 'pcapng'): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  const redaction = new Redaction(kinds, repeatable())
  const all =
    format === 'pcapng'
      ? exportPcapng(source.engine, everyRow(source), source.read, redaction)
      : exportPcap(source.engine, everyRow(source), source.read, redaction)
  for await (const piece of all) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** The addresses in the headers of every frame, as hex; without those that mean the same everywhere. */
async function addressesIn({ engine, read }: Opened): Promise<Set<string>> {
  const found = new Set<string>()
  const packet = new Packet()
  for (let row = 0; row < engine.packets.rows; row++) {
    const chunk = engine.packets.chunk(row)
    const frame = Buffer.from(await read(chunk.offset[row % 65_536], chunk.capturedLength[row % 65_536]))
    const { linkType } = engine.interfaces[chunk.interface[row % 65_536]]
    decodeFrame(packet, frame, 0, frame.length, frame.length, linkType)
    const add = (at: number, length: number) => found.add(frame.toString('hex', at, at + length))
    for (let i = 0; i < packet.layerCount; i++) {
      const at = packet.layerAt[i]
      if (packet.layers[i] === PROTOCOL.eth) for (const a of [at, at + 6]) add(a, 6)
      if (packet.layers[i] === PROTOCOL.sll) add(at + (linkType === 276 ? 12 : 6), 6)
      if (packet.layers[i] === PROTOCOL.ip) for (const a of [at + 12, at + 16]) add(a, 4)
      if (packet.layers[i] === PROTOCOL.ipv6) for (const a of [at + 8, at + 24]) add(a, 16)
      if (packet.layers[i] === PROTOCOL.arp) {
        for (const a of [at + 8, at + 18]) add(a, 6)
        for (const a of [at + 14, at + 24]) add(a, 4)
      }
    }
  }
  for (const one of found) {
    if (/^(0+|f+|0+1|7f000001|e00000..|ff0[0-9a-f]0{26}..|33330{6}..|01005e0000..)$/.test(one)) found.delete(one)
  }
  return found
}

/** Pieces of what transports carried, long and varied enough not to be there by chance. */
async function payloadsIn({ engine, read }: Opened): Promise<Buffer[]> {
  const pieces: Buffer[] = []
  const packet = new Packet()
  for (let row = 0; row < engine.packets.rows; row++) {
    const chunk = engine.packets.chunk(row)
    const frame = Buffer.from(await read(chunk.offset[row % 65_536], chunk.capturedLength[row % 65_536]))
    decodeFrame(packet, frame, 0, frame.length, frame.length, engine.interfaces[chunk.interface[row % 65_536]].linkType)
    if (packet.transport !== TRANSPORT.tcp && packet.transport !== TRANSPORT.udp) continue
    for (const at of [packet.payloadAt, packet.payloadAt + (packet.payloadLength >> 1)]) {
      const piece = frame.subarray(at, at + 8)
      if (piece.length === 8 && at + 8 <= packet.payloadAt + packet.payloadLength && new Set(piece).size > 4) {
        pieces.push(piece)
      }
    }
  }
  return pieces
}

const holds = (file: Buffer, needle: string) => file.includes(Buffer.from(needle, 'hex'))

/** What can be told apart without addresses. */
function conversationsOf({ engine }: Opened) {
  return engine
    .conversationRows(engine.conversationOrder('id', false))
    .map(({ addressA: _a, addressB: _b, ...rest }) => rest)
}

async function findingsOf({ engine, read }: Opened) {
  return (await engine.findings(read)).findings.map(({ kind }) => kind).toSorted()
}

describe.each(FILES)('%s redacted', (_, path) => {
  const source = opened(readFileSync(path))

  it('holds no address and no payload of the original', { timeout: 60_000 }, async () => {
    const addresses = await addressesIn(source)
    expect(addresses.size).toBeGreaterThan(1)
    const payloads = await payloadsIn(source)
    for (const format of ['pcapng', 'pcap']) {
      const file = await redacted(source, ['addresses'], format)
      expect([...addresses].filter((address) => holds(file, address))).toEqual([])
      expect(payloads.filter((payload) => file.includes(payload))).toEqual([])
    }
  })

  it('keeps conversations, labels and, but for those that payloads told, findings', { timeout: 60_000 }, async () => {
    const cut = opened(await redacted(source, ['payload', 'names']))
    const replaced = opened(await redacted(source, ['addresses']))
    expect(replaced.engine.facts().labels).toEqual(source.engine.facts().labels)
    expect(replaced.engine.facts().packets).toBe(source.engine.facts().packets)
    expect(conversationsOf(replaced)).toEqual(conversationsOf(cut))
    expect(conversationsOf(replaced).length).toBe(conversationsOf(source).length)
    expect(await findingsOf(replaced)).toEqual(await findingsOf(cut))
  })

  it('is read by tshark without a malformed packet', { timeout: 60_000 }, async ({ skip }) => {
    if (spawnSync('tshark', ['--version']).error) skip('there is no tshark')
    const file = await redacted(source, ['addresses'])
    const written = join(temporaryFolder(), 'redacted.pcapng')
    writeFileSync(written, file)
    const wrong = '_ws.malformed || ip.checksum.status == 0'
    const { stdout, status } = spawnSync('tshark', ['-o', 'ip.check_checksum:TRUE', '-r', written, '-Y', wrong])
    expect({ status, wrong: stdout.toString() }).toEqual({ status: 0, wrong: '' })
  })
})
