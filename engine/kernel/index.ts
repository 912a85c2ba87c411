import { beginRow, commitRow, keepAll } from './columns/packet-columns.ts'
import { keepHeads } from './columns/heads.ts'
import { decodeFrame } from './decode/decode.ts'
import { frame, setLimits, tellApplications } from './ingest.ts'
import { room, tableDirectory } from './memory.ts'
import { pcapRecords, setPcap } from './pcap-records.ts'
import { packetAddress } from './packet.ts'
import { lost, lostTo, lostWithin, nextReset, nextTroubled } from './tcp/harm.ts'
import { listRoundTrips } from './tcp/round-trip-list.ts'
import { setEpoch } from './tcp/tcp-state.ts'
import { dropUncommitted } from './uncommitted.ts'

// Not `export ... from`: the compiler would take that for other modules, with a state of their own.
export {
  beginRow,
  commitRow,
  decodeFrame,
  dropUncommitted,
  frame,
  keepAll,
  keepHeads,
  listRoundTrips,
  lost,
  lostTo,
  lostWithin,
  nextReset,
  nextTroubled,
  packetAddress,
  pcapRecords,
  room,
  setEpoch,
  setLimits,
  setPcap,
  tableDirectory,
  tellApplications,
}
