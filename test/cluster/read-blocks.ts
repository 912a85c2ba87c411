import { readFileSync } from 'node:fs'

// A pcapng reader for checking what was written: written for that, and sharing no line with the writer or the engine.

export interface CapturedPacket {
  readonly interface: number
  readonly bytes: Buffer
  readonly originalLength: number
  readonly timeNs: bigint
  readonly comment?: string
}

export interface ReadCapture {
  readonly interfaces: readonly { readonly name: string; readonly description: string; readonly filter: string }[]
  readonly packets: readonly CapturedPacket[]
  readonly names: ReadonlyMap<string, string>
  /** Drops by the kernel, by interface. */
  readonly dropped: readonly number[]
  /** When interface statistics say that they begin and end, in milliseconds since 1970. */
  readonly counted: readonly number[]
  /** Comments of interface statistics blocks. */
  readonly remarks: readonly string[]
  /** Bytes after the last whole block. */
  readonly rest: number
}

export function readBlocks(file: string): ReadCapture {
  const data = readFileSync(file)
  const interfaces: { name: string; description: string; filter: string }[] = []
  const packets: CapturedPacket[] = []
  const names = new Map<string, string>()
  const dropped: number[] = []
  const counted: number[] = []
  const remarks: string[] = []
  let at = 0
  while (at + 12 <= data.length) {
    const type = data.readUInt32LE(at)
    const total = data.readUInt32LE(at + 4)
    if (total < 12 || total % 4 !== 0 || at + total > data.length) break
    if (data.readUInt32LE(at + total - 4) !== total) throw new Error(`block at ${at}: its two lengths differ`)
    const body = data.subarray(at + 8, at + total - 4)
    if (type === 1) {
      const found = options(body.subarray(8))
      const filter = found.get(11)?.subarray(1).toString() ?? ''
      interfaces.push({ name: String(found.get(2)), description: String(found.get(3)), filter })
    } else if (type === 6) {
      const captured = body.readUInt32LE(12)
      const comment = options(body.subarray(20 + ((captured + 3) & ~3))).get(1)
      packets.push({
        interface: body.readUInt32LE(0),
        timeNs: (BigInt(body.readUInt32LE(4)) << 32n) | BigInt(body.readUInt32LE(8)),
        originalLength: body.readUInt32LE(16),
        bytes: body.subarray(20, 20 + captured),
        ...(comment ? { comment: comment.toString() } : {}),
      })
    } else if (type === 4) {
      for (const [kind, value] of records(body)) {
        if (kind === 1) names.set([...value.subarray(0, 4)].join('.'), value.subarray(4).toString().replace(/\0$/, ''))
      }
    } else if (type === 5) {
      const found = options(body.subarray(12))
      const [count, remark] = [found.get(7), found.get(1)]
      for (const time of [found.get(2), found.get(3)]) {
        if (time)
          counted.push(Number(((BigInt(time.readUInt32LE(0)) << 32n) | BigInt(time.readUInt32LE(4))) / 1_000_000n))
      }
      if (remark) remarks.push(remark.toString())
      if (count) dropped[body.readUInt32LE(0)] = Number(count.readBigUInt64LE())
    }
    at += total
  }
  return { interfaces, packets, names, dropped, counted, remarks, rest: data.length - at }
}

function options(bytes: Buffer): Map<number, Buffer> {
  return new Map(records(bytes))
}

function records(bytes: Buffer): [number, Buffer][] {
  const found: [number, Buffer][] = []
  for (let at = 0; at + 4 <= bytes.length;) {
    const code = bytes.readUInt16LE(at)
    const length = bytes.readUInt16LE(at + 2)
    if (code === 0) break
    found.push([code, bytes.subarray(at + 4, at + 4 + length)])
    at += 4 + ((length + 3) & ~3)
  }
  return found
}
