/**
 * Measures what is said of resets, probes, round trips and overtaken packets against what the kernels at both ends knew. Not part of the tests.
 *
 *     node test/benchmark/kernel-events.ts FOLDER...
 *
 * A folder has runs, each a folder of its own: `client.pcap` and `server.pcap`, taken at the two ends; `truth.tsv`, a line for each event
 * of either kernel with its frames (`f_client`, `f_server`); `packets.tsv.gz`, a line for each packet with its frames and why it was sent;
 * `meta.json` with the delay of the path.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { CHUNK_ROWS, FLAG } from '../../engine/columns/packet-table.ts'
import { Engine } from '../../engine/engine.ts'
import { LABEL } from '../../engine/tcp/labels.ts'
import { ROUND_TRIP } from '../../engine/tcp/round-trips.ts'
import { VERDICT } from '../../engine/tcp/verdicts.ts'

interface Event {
  readonly event: string
  readonly kind: string
  /** The kernel's reason for a reset. */
  readonly detail: string
  readonly cause: string
  readonly f_client: string
  readonly f_server: string
}
interface Sent {
  readonly dir: string
  readonly sport: string
  readonly dport: string
  readonly seq: string
  readonly len: string
  readonly flags: string
  /** How it was sent again; - for an original. */
  readonly rtx: string
  /** Where others came before it that were sent later. */
  readonly late: string
  readonly f_client: string
  readonly f_server: string
}
type Point = 'client' | 'server'

/** What may be said of the first reset of a connection, by the reason the kernel gives (include/net/rstreason.h), `injected` = a router. */
const RIGHT: Readonly<Record<string, readonly string[]>> = {
  NO_SOCKET: ['refused', 'unknown-connection'],
  TCP_FLAGS: ['after-fin', 'unknown-connection'],
  TCP_TIMEWAIT_SOCKET: ['after-fin'],
  TCP_ABORT_ON_DATA: ['after-fin', 'unknown-connection'],
  TCP_ABORT_ON_CLOSE: ['data-unread'],
  // SO_LINGER of 0: also of a connection that the other end had closed.
  TCP_STATE: ['mid-stream', 'after-fin'],
  injected: ['injected'],
}

const resets = new Map<string, Map<string, number>>()
const probes = new Map<string, { seen: number; labelled: number }>()
const windows = { closed: new Set<string>(), told: new Set<string>() }
const overtaken = { originals: 0, found: 0, told: 0, right: 0 }
const errors: Record<'far' | 'near', number[]> = { far: [], near: [] }

for (const folder of process.argv.slice(2)) {
  for (const run of readdirSync(folder).toSorted()) {
    const dir = join(folder, run)
    if (!existsSync(join(dir, 'truth.tsv'))) continue
    const events = table<Event>(readFileSync(join(dir, 'truth.tsv'), 'utf8'))
    const packets = table<Sent>(gunzipSync(readFileSync(join(dir, 'packets.tsv.gz'))).toString())
    const faults = JSON.parse(readFileSync(join(dir, 'meta.json'), 'utf8')).faults as Faults
    for (const point of ['client', 'server'] as const) {
      const engine = new Engine()
      engine.push(new Uint8Array(readFileSync(join(dir, `${point}.pcap`))))
      engine.finish()
      scoreResets(engine, events, point)
      scoreProbes(engine, events, point, dir)
      scoreOvertaken(engine, packets, point)
      if (isSteady(faults)) roundTrips(engine, point, faults.delay_ms ?? 0)
    }
  }
}
print()

function table<T>(text: string): T[] {
  const [head, ...lines] = text.split('\n').filter(Boolean)
  const names = head.split('\t')
  return lines.map((line) => Object.fromEntries(line.split('\t').map((value, i) => [names[i], value])) as unknown as T)
}

/** The row of the event's first packet there, -1 = it was not seen. */
function rowOf(event: Event | Sent, point: Point): number {
  const frame = Number.parseInt(event[`f_${point}`], 10)
  return Number.isNaN(frame) ? -1 : frame - 1
}

function scoreResets(engine: Engine, events: readonly Event[], point: Point): void {
  const reasons = new Map<number, string>()
  for (const event of events) {
    const injected = event.event === 'reset_received' && event.cause === 'injected'
    if (event.event === 'reset_sent' || injected) reasons.set(rowOf(event, point), injected ? 'injected' : event.detail)
  }
  const seen = new Set<number>()
  for (let row = 0; row < engine.packets.rows; row++) {
    const chunk = engine.packets.chunk(row)
    const conversation = chunk.conversation[row % CHUNK_ROWS]
    if ((chunk.flags[row % CHUNK_ROWS] & FLAG.rst) === 0 || seen.has(conversation)) continue
    seen.add(conversation)
    const reason = reasons.get(row)
    if (reason === undefined) continue
    const said = resets.get(reason) ?? new Map<string, number>()
    resets.set(reason, said)
    const cause = engine.tcp.connection(conversation).resetCause ?? ''
    said.set(cause, (said.get(cause) ?? 0) + 1)
  }
}

function scoreProbes(engine: Engine, events: readonly Event[], point: Point, dir: string): void {
  for (const event of events) {
    const row = rowOf(event, point)
    if (event.event !== 'probe' || event.kind === 'tlp-new' || row < 0 || row >= engine.packets.rows) continue
    const chunk = engine.packets.chunk(row)
    const score = probes.get(event.kind) ?? { seen: 0, labelled: 0 }
    probes.set(event.kind, score)
    score.seen++
    // Linux asks with an acknowledged byte's number and no byte, at a closed window as well, which is a keep-alive to Wireshark.
    if (chunk.labels[row % CHUNK_ROWS] & (LABEL.keep_alive | LABEL.zero_window_probe)) score.labelled++
    if (event.kind !== 'zwprobe') continue
    const conversation = chunk.conversation[row % CHUNK_ROWS]
    windows.closed.add(`${dir} ${point} ${conversation}`)
    if (engine.tcp.connection(conversation).lostNs['zero-window'] > 0)
      windows.told.add(`${dir} ${point} ${conversation}`)
  }
}

/**
 * What takes sequence numbers is overtaken when it begins below what was there before it: bytes, a SYN, a FIN, or the number of a mere ACK,
 * which says how far its sender was (what carries on at that number is in order). Of what was sent again only the run's own word tells (`late`).
 */
function scoreOvertaken(engine: Engine, packets: readonly Sent[], point: Point): void {
  const reached = new Map<string, number>()
  const sightings = packets
    .map((packet) => ({ packet, row: rowOf(packet, point) }))
    .filter(({ row }) => row >= 0 && row < engine.packets.rows)
    .sort((a, b) => a.row - b.row)
  for (const { packet, row } of sightings) {
    const flow = `${packet.dir} ${packet.sport} ${packet.dport}`
    const begin = Number(packet.seq)
    const takes = Number(packet.len) + (/[SF]/.test(packet.flags) ? 1 : 0)
    const known = reached.get(flow) ?? begin
    reached.set(flow, Math.max(known, begin + takes))
    const isOvertaken = packet.rtx === '-' ? takes > 0 && begin < known : packet.late.includes(`${point}=`)
    const isTold = engine.packets.chunk(row).verdict[row % CHUNK_ROWS] === VERDICT.reordered
    if (isTold) overtaken.told++
    if (isTold && isOvertaken) overtaken.right++
    if (isOvertaken && packet.rtx === '-') {
      overtaken.originals++
      if (isTold) overtaken.found++
    }
  }
}

interface Faults {
  readonly delay_ms?: number
  readonly rate_mbps?: number
  readonly tc?: unknown
  readonly rules?: readonly { readonly act: string }[]
}

/** The path delays all alike: no queue, and no rule that holds packets back. */
function isSteady({ rate_mbps, tc, rules }: Faults): boolean {
  return rate_mbps === undefined && tc === undefined && !rules?.some(({ act }) => /delay|stall|reorder/.test(act))
}

function roundTrips(engine: Engine, point: Point, delayMs: number): void {
  for (let row = 0; row < engine.packets.rows; row++) {
    const chunk = engine.packets.chunk(row)
    const ns = engine.roundTrips.time(chunk, row % CHUNK_ROWS)
    if (ns === 0) continue
    const byClient = (chunk.roundTrip[row % CHUNK_ROWS] & ROUND_TRIP.client) !== 0
    const near = byClient === (point === 'client')
    errors[near ? 'near' : 'far'].push(ns / 1e6 - (near ? 0 : 2 * delayMs))
  }
}

function print(): void {
  const percent = (part: number, all: number) => `${((100 * part) / all).toFixed(1)} %`
  for (const [reason, said] of resets) {
    const all = [...said.values()].reduce((sum, count) => sum + count, 0)
    const right = (RIGHT[reason] ?? []).reduce((sum, cause) => sum + (said.get(cause) ?? 0), 0)
    const list = Array.from(said, ([cause, count]) => `${cause} ${count}`).join(', ')
    console.log(`reset ${reason.padEnd(20)} ${all} first of a connection, right ${percent(right, all)} (${list})`)
  }
  for (const [kind, { seen, labelled }] of probes) console.log(`${kind}: ${seen}, labelled ${percent(labelled, seen)}`)
  console.log(`connections probed at a closed window: ${windows.closed.size}, told ${windows.told.size}`)
  const { originals, found, told, right } = overtaken
  console.log(
    `overtaken originals: ${originals}, told ${percent(found, originals)}; of ${told} told, right ${percent(right, told)}`,
  )
  for (const [half, all] of Object.entries(errors)) {
    const sorted = all.toSorted((a, b) => a - b)
    const at = (p: number) => `p${p} ${(sorted[Math.floor((sorted.length * p) / 100)] ?? NaN).toFixed(3)}`
    console.log(
      `round trips, ${half} half: ${sorted.length}, ms more than configured: ${at(5)} ${at(50)} ${at(95)} ${at(99)}`,
    )
  }
}
