import { EVIDENCE, VERDICT } from '../../tcp/verdict-codes.ts'
import { TABLE } from '../../kernel-tables.ts'
import { interfaceOf } from '../columns/packet-columns.ts'
import { newTable } from '../memory.ts'
import { packet } from '../packet.ts'
import { DUPLICATE_NS, TWIN_NS, UNSEEN } from './sighting-table.ts'
import * as verdicts from './verdicts.ts'

// Which resets were seen a moment ago. Linux gives them no IP ID, and a host that answers several segments at once sends as many that are alike: what
// tells them from one that was captured several times is how often each interface saw them. There were as many as the interface that saw most did,
// where one of `-i any` sees each as often as it sees the connection's other packets.

const SLOTS: i32 = 1 << 12
/** So many copies are looked back for how often an interface sees packets of the connection, and so many for one more of them. */
const MOST_LOOKED: i32 = 1 << 13
const MOST_LOOKED_ON: i32 = 1 << 8
/** Of so many packets, as the last may have been seen in part only, or in pieces. */
const MOST_ASKED: i32 = 32

const A: i32 = <i32>0x9e3779b1
const B: i32 = <i32>0x85ebca6b
const C: i32 = <i32>0xc2b2ae35

/** Of resets that are alike: at one interface, or at all. */
@unmanaged
class Alike {
  mark: i32
  /** 1 + row of the last that was another one; 0 = none yet. */
  row: i32
  /** How many there were. */
  count: i32
  /** How often the last one was seen. */
  times: i32
  /** When the last one was seen first. */
  since: f64
}

const table: usize = newTable(TABLE.resetSightings, SLOTS * <i32>offsetof<Alike>())

/** The row at which the reset in `packet`, which is that of `row` and travels in `direction`, was seen before, or UNSEEN. */
export function see(row: i32, time: f64, direction: i32): i32 {
  const id = interfaceOf(row)
  const mark = markOf(direction)
  const here = alike(mark ^ ((id + 1) * C), time)
  if (here.row !== 0 && Math.abs(time - here.since) < TWIN_NS && here.times < usualTimes(direction >>> 1, id)) {
    here.times++
    return here.row - 1
  }
  const all = alike(mark, time)
  here.count++
  here.times = 1
  here.since = time
  const isCopy = here.count <= all.count
  if (!isCopy) {
    all.count = here.count
    all.row = row + 1
  }
  all.since = time
  here.row = all.row
  return isCopy ? all.row - 1 : UNSEEN
}

function markOf(direction: i32): i32 {
  let mark = (packet.seq * A) ^ (packet.ack * B) ^ (direction * C) ^ packet.tcpFlags
  mark = (mark ^ (mark >>> 15)) * B
  return mark ^ (mark >>> 13)
}

/** What is known of them; empty where the last was long ago. */
function alike(mark: i32, time: f64): Alike {
  const slot = (mark * A) >>> 20
  const known = changetype<Alike>(table + <usize>(slot * <i32>offsetof<Alike>()))
  if (known.mark !== mark || known.row === 0 || Math.abs(time - known.since) >= DUPLICATE_NS) {
    known.mark = mark
    known.row = 0
    known.count = 0
    known.times = 0
  }
  return known
}

/** How often the interface sees a packet of the conversation, of the last ones the most. */
function usualTimes(conversation: i32, id: i32): i32 {
  let original = -1
  let asked = 0
  let times = 0
  let most = 1
  const last = verdicts.count() - 1
  let until = max(0, last - MOST_LOOKED)
  for (let entry = last; entry >= until; entry--) {
    if (verdicts.verdict(entry) !== VERDICT.copy || verdicts.conversation(entry) !== conversation) continue
    const evidence = verdicts.evidence(entry)
    if (evidence === EVIDENCE.sameReset || evidence === EVIDENCE.partOfSegment) continue
    if (interfaceOf(verdicts.row(entry)) !== id) continue
    const first = verdicts.original(entry)
    if (first !== original) {
      if (++asked > MOST_ASKED) break
      original = first
      until = max(0, entry - MOST_LOOKED_ON)
      times = interfaceOf(first) === id ? 1 : 0
    }
    times++
    most = max(most, times)
  }
  return most
}
