import { frame } from './ingest.ts'

// The records of a pcap file, of which there are many: the plain ones only. What is odd about others, PcapParser tells.

let bigEndian: bool = false
let header: i32 = 16
let maximum: u32 = 0
/** Nanoseconds in a unit of the timestamps' second half. */
let scale: f64 = 1000
/** The first packet's timestamp. */
let seconds0: f64 = 0
let fraction0: f64 = 0
let linkType: i32 = 0

/** How the records are to be read; see PcapRecords. */
export function setPcap(
  isBigEndian: bool,
  headerBytes: i32,
  mostCaptured: u32,
  unit: f64,
  firstSeconds: f64,
  firstFraction: f64,
  itsLinkType: i32,
): void {
  bigEndian = isBigEndian
  header = headerBytes
  maximum = mostCaptured
  scale = unit
  seconds0 = firstSeconds
  fraction0 = firstFraction
  linkType = itsLinkType
}

/**
 * Takes the records from the address `from` on that end before `to`, and returns where it stopped: at the first that is cut, damaged, or was not
 * taken. `base` is what address 0 would be as a position in the capture.
 */
export function pcapRecords(from: i32, to: i32, base: f64): i32 {
  const highest = 2e9 / scale
  const lowest = -1e9 / scale
  while (to - from >= header) {
    const captured = word(from + 8)
    if (<u32>captured > maximum || captured > to - from - header) return from
    const seconds = <f64>(<u32>word(from))
    // A second too much or too little does occur; what is further off is no time but damage, and would tear the time axis.
    let fraction = <f64>word(from + 4)
    if (fraction >= highest || fraction <= lowest) fraction = 0
    const time = (seconds - seconds0) * 1e9 + (fraction - fraction0) * scale
    const at = from + header
    if (!frame(at, captured, word(from + 12), time, base + <f64>at, 0, linkType)) return from
    from = at + captured
  }
  return from
}

function word(at: i32): i32 {
  const value = load<i32>(at)
  return bigEndian ? bswap<i32>(value) : value
}
