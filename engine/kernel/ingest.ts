import { FLAG, NO_CONVERSATION, NO_INTERFACE } from '../columns/packet-columns.ts'
import { NETWORK, TRANSPORT } from '../decode/packet-codes.ts'
import { COUNT, TOTAL } from '../kernel-tables.ts'
import { VERDICT } from '../tcp/verdict-codes.ts'
import { tell } from './applications.ts'
import { find, tally } from './columns/conversations.ts'
import { counts, totals } from './columns/counts.ts'
import { head, keepsHeads } from './columns/heads.ts'
import {
  beginRow,
  commitRow,
  keepsAll,
  setAck,
  setCapturedLength,
  setConversation,
  setError,
  setFlags,
  setHead,
  setInterface,
  setIpId,
  setLength,
  setOffset,
  setPayloadLength,
  setSeq,
  setStack,
  setTime,
  setVerdict,
  setWindow,
} from './columns/packet-columns.ts'
import { intern } from './columns/stacks.ts'
import { datagramDigest, datagramIds } from './decode/datagram-digest.ts'
import { decodeFrame } from './decode/decode.ts'
import { packet } from './packet.ts'
import * as analysis from './tcp/analysis.ts'
import * as journal from './tcp/connection-journal.ts'
import * as judge from './tcp/judge.ts'
import * as labelCounts from './tcp/label-counts.ts'
import * as roundTrips from './tcp/round-trips.ts'
import * as verdicts from './tcp/verdicts.ts'

const ENDS: i32 = FLAG.fin | FLAG.rst

let mostRows: i32 = 0
let mostConversations: i32 = 0

/** How much is taken at most. */
export function setLimits(rows: i32, conversations: i32): void {
  mostRows = rows
  mostConversations = conversations
}

let tellsApplications: bool = false

/** From now on `application` is called, see kernel/applications.ts. */
export function tellApplications(): void {
  tellsApplications = true
}

/**
 * Makes the frame at the address `at` a row: decode, find its conversation, analyse it, write the columns. A frame that no interface brought
 * has -1. Nothing is allocated per packet, and the tables may be read between any two frames. False: it was not taken, as
 * there are as many as there may be.
 */
export function frame(
  at: i32,
  capturedLength: i32,
  length: i32,
  time: f64,
  offset: f64,
  interfaceId: i32,
  linkType: i32,
): bool {
  const row = counts[COUNT.rows]
  if (row >= mostRows || counts[COUNT.conversations] >= mostConversations) return false
  beginRow()
  setTime(time)
  if (keepsAll) {
    setOffset(offset)
    setCapturedLength(capturedLength)
    setLength(length)
  }
  // Columns hold zeros already; what is mostly zero is not written, so that its memory is not touched.
  if (interfaceId !== 0) setInterface(interfaceId < 0 ? NO_INTERFACE : interfaceId)
  if (interfaceId < 0) {
    if (keepsAll) setConversation(NO_CONVERSATION)
    commit(row, time, offset + <f64>capturedLength)
    return true
  }

  decodeFrame(at, capturedLength, length, linkType)
  if (keepsAll) keepPacket()
  let flags: i32 = packet.fragment ? FLAG.fragment : 0
  const isCut = <u32>capturedLength < <u32>length
  if (isCut) flags |= FLAG.cut

  let found = -1
  if (packet.sourceAt < 0) {
    if (keepsAll) setConversation(NO_CONVERSATION)
  } else {
    found = find()
    let labels = 0
    let verdict = 0
    if (packet.transport === TRANSPORT.tcp) {
      flags |= FLAG.tcp | packet.tcpFlags
      const before = found
      found = analysis.segment(row, time, found)
      labels = analysis.labelsFound
      if (packet.hasPayloadLength) {
        verdict = judge.segment(row, time, found, before)
        if (verdict !== 0) setVerdict(verdict)
      }
      if (journal.openCause >= 0) journal.settle(found >>> 1, verdict, time)
      if (keepsAll) roundTrips.segment(row, time, found, verdict)
    }
    if ((found & 1) !== 0) flags |= FLAG.reverse
    if (keepsAll) setConversation(found >>> 1)
    if (verdict !== 0) verdicts.setConversation(found >>> 1)
    if (labels !== 0) labelCounts.count(labels, found >>> 1, row)
    tally(found >>> 1, row)
  }
  if (keepsAll) setFlags(flags)
  totals[TOTAL.wireBytes] += <f64>(<u32>length)
  if (<u32>length > <u32>counts[COUNT.longestFrame]) counts[COUNT.longestFrame] = length
  if (isCut) countCut(row)
  commit(row, time, offset + <f64>capturedLength)
  // Only now, as memory may end above: what they are told of is a row.
  const tells = tellsApplications && found >= 0
  if (tells && (packet.payloadLength !== 0 || (flags & ENDS) !== 0)) tell(row, time, found)
  return true
}

// What is counted of all packets, once nothing can fail for want of memory any more.

function countCut(row: i32): void {
  counts[COUNT.cutPackets]++
  if (packet.payloadLength === 0) return
  if (counts[COUNT.cutPayloads] === 0) counts[COUNT.firstCutPayload] = row
  counts[COUNT.cutPayloads]++
}

/** `end`: where the frame ends in the capture. */
function commit(row: i32, time: f64, end: f64): void {
  if (row === 0) {
    totals[TOTAL.firstTime] = time
    totals[TOTAL.lastTime] = time
  } else if (time > totals[TOTAL.lastTime]) totals[TOTAL.lastTime] = time
  else noteEarlier(time)
  totals[TOTAL.end] = end
  commitRow()
}

/** The packet is no later than one before it. */
function noteEarlier(time: f64): void {
  if (time < totals[TOTAL.firstTime]) totals[TOTAL.firstTime] = time
  const back = totals[TOTAL.lastTime] - time
  if (back > totals[TOTAL.mostBack]) totals[TOTAL.mostBack] = back
}

/** The columns of what was decoded, but for the flags. */
function keepPacket(): void {
  setStack(intern())
  if (keepsHeads) {
    setHead(head())
    if (packet.network === NETWORK.ipv4) setIpId(packet.ipId)
  }
  if (packet.error !== 0) setError(packet.error)
  if (packet.payloadLength !== 0) setPayloadLength(packet.payloadLength)
  if (packet.sourceAt < 0) return
  if (packet.transport === TRANSPORT.udp) {
    setSeq(datagramDigest())
    setAck(datagramIds())
  }
  if (packet.quotedTransport !== 0 && packet.quoted !== 0) {
    setSeq(packet.quotedSeq)
    setAck((packet.quotedSourcePort << 16) | packet.quotedDestinationPort)
    setWindow((packet.icmpType << 8) | packet.icmpCode)
  }
  if (packet.transport !== TRANSPORT.tcp) return
  setSeq(packet.seq)
  setAck(packet.ack)
  setWindow(packet.window)
}
