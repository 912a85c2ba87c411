import { DNS_PORT, MDNS_PORT, RECOGNITION, REDIS_PORT, SHORT_PAYLOAD } from '../application/recognition.ts'
import { FLAG } from '../columns/packet-columns.ts'
import { TRANSPORT } from '../decode/packet-codes.ts'
import { BIT_BEGUN, BIT_FOLLOWED, BITS, TRIES, TRY } from '../tcp/directions.ts'
import { u8At } from './bytes.ts'
import { application } from './calls.ts'
import { packet } from './packet.ts'
import { directionAt } from './tcp/directions.ts'

// What is told outside, to those who look for requests and responses: of a TCP connection the first payloads that may be a known protocol's, and
// all that concerns its stream once one was recognised; of UDP, DNS.

/** A packet with payload, FIN or RST. */
export function tell(row: i32, time: f64, found: i32): void {
  if (packet.transport !== TRANSPORT.tcp) {
    if (packet.transport === TRANSPORT.udp && (isAt(DNS_PORT) || isAt(MDNS_PORT))) application(row, time, found)
    return
  }
  const bits = directionAt(found)[BITS]
  if ((bits & TRIES) === TRIES || packet.hasPayloadLength === 0 || packet.fragment !== 0) return
  if ((bits & BIT_FOLLOWED) === 0) {
    if (packet.payloadLength === 0 || (packet.tcpFlags & FLAG.rst) !== 0) return
    if (!isWanted((bits & BIT_BEGUN) !== 0)) return setBits(found, bits + TRY)
  }
  const told = application(row, time, found)
  if (told === RECOGNITION.unknown) setBits(found, (bits & ~BIT_BEGUN) + TRY)
  else if (told === RECOGNITION.begun) setBits(found, bits | BIT_BEGUN)
  else if (told === RECOGNITION.over) setBoth(found, TRIES)
  else if ((bits & BIT_FOLLOWED) === 0) setBoth(found, BIT_FOLLOWED)
}

function setBits(found: i32, bits: i32): void {
  directionAt(found)[BITS] = bits
}

/** What is told of the connection from now on, in both directions. */
function setBoth(found: i32, bits: i32): void {
  const others = ~(TRIES | BIT_BEGUN | BIT_FOLLOWED)
  setBits(found, (directionAt(found)[BITS] & others) | bits)
  setBits(found ^ 1, (directionAt(found ^ 1)[BITS] & others) | bits)
}

function isAt(port: i32): bool {
  return packet.sourcePort === port || packet.destinationPort === port
}

/**
 * Whether any of APPLICATION_PROTOCOLS may recognise the payload: a look at a byte or two, as of most connections none does. `begun`: what it goes
 * on with was kept.
 */
function isWanted(begun: bool): bool {
  const at = packet.payloadAt
  const length = min(packet.end - at, packet.payloadLength)
  // Cut off by the snap length.
  if (length <= 0) return false
  if (begun || length < SHORT_PAYLOAD || isAt(DNS_PORT) || isAt(REDIS_PORT)) return true
  const first = u8At(at)
  // PostgreSQL's startup and frames of HTTP/2 begin with the upper byte of a length, TLS with the type of a record, Redis with an array.
  if (first === 0 || first === 0x16 || first === 0x2a) return true
  // HTTP's methods and version, HTTP/2's preface, PostgreSQL's queries.
  if (first >= 0x41 && first <= 0x5a) return true
  // MySQL: the first packet's number.
  return u8At(at + 3) === 0
}
