import { COUNT } from '../../kernel-tables.ts'
import { counts } from '../columns/counts.ts'
import { beginRow, commitRow, setTime } from '../columns/packet-columns.ts'
import { allocate, tableDirectory } from '../memory.ts'
import { packet } from '../packet.ts'
import { release, segment } from './judge.ts'
export { release, tableDirectory }
export function room(bytes: i32): usize { return allocate(bytes) }
@unmanaged
class R { time: f64; row: i32; found: i32; before: i32; verdict: i32; network: i32; ipId: i32; ttl: i32; sourcePort: i32; destinationPort: i32; payloadLength: i32; seq: i32; ack: i32; tcpFlags: i32; window: i32; sackPermitted: i32; sackBlocks: i32; hasTimestamps: i32; tsval: i32; tsecr: i32; unused: i32; s0: f64; s1: f64; s2: f64; s3: f64 }
export function recordBytes(): i32 { return offsetof<R>() }
@inline function put(r: R): void {
  packet.network = r.network; packet.ipId = r.ipId; packet.ttl = r.ttl; packet.sourcePort = r.sourcePort; packet.destinationPort = r.destinationPort
  packet.payloadLength = r.payloadLength; packet.seq = r.seq; packet.ack = r.ack; packet.tcpFlags = r.tcpFlags; packet.window = r.window
  packet.sackPermitted = r.sackPermitted; packet.sackBlocks = r.sackBlocks; packet.hasTimestamps = r.hasTimestamps; packet.tsval = r.tsval; packet.tsecr = r.tsecr
  if (r.sackBlocks !== 0) memory.copy(changetype<usize>(packet.sack), changetype<usize>(r) + offsetof<R>('s0'), 32)
}
/** Answers the first record with another verdict, or -1. */
export function run(from: usize, count: i32, withJudge: bool): i32 {
  let differs = -1
  for (let i = 0; i < count; i++) {
    const r = changetype<R>(from + <usize>i * offsetof<R>())
    while (counts[COUNT.rows] < r.row) { beginRow(); commitRow() }
    beginRow()
    setTime(r.time)
    put(r)
    if (withJudge) {
      const v = segment(r.row, r.time, r.found, r.before)
      if (v !== r.verdict && differs < 0) differs = i
    } else if (r.verdict === 99) differs = i
    commitRow()
  }
  return differs
}
