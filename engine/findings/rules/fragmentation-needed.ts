import { CHUNK_ROWS } from '../../columns/packet-table.ts'
import { VERDICT } from '../../tcp/verdicts.ts'
import { ping, route } from '../commands.ts'
import type { FindingContext } from '../context.ts'
import type { IcmpError } from '../headers.ts'
import type { Draft, Rule } from '../rule.ts'
import { countOf, msText, nsText, sentences, whenText } from '../words.ts'

const THRESHOLDS = {
  packets: {
    value: 3,
    unit: 'segments sent again at a size that had been declined',
    source: 'ours: one may be on its way already',
  },
  later: { value: 100, unit: 'ms after the error', source: 'ours: longer than a round trip' },
} as const
/** Packets looked at for their outer addresses, of one error. */
const MOST_READ = 2000

interface Declined {
  readonly error: IcmpError
  readonly errors: number
}

/** A router says which size it takes, and the sender goes on with a larger one. */
export const fragmentationNeeded: Rule = {
  kind: 'fragmentation-needed-ignored',
  title: '"Fragmentation needed" ignored',
  severity: 'high',
  thresholds: THRESHOLDS,
  source: 'https://datatracker.ietf.org/doc/html/rfc1191#section-6.3',
  artefacts: { 'clock-step': 'off' },
  yieldsTo: [],
  async find(context) {
    const declined = new Map<string, Declined>()
    for (const error of context.icmpErrors) {
      const tooBig = error.v6 ? error.type === 2 : error.type === 3 && error.code === 4
      if (!tooBig || error.mtu < 68) continue
      const key = `${error.source} ${error.destination} ${error.mtu}`
      const known = declined.get(key)
      declined.set(key, { error: known?.error ?? error, errors: (known?.errors ?? 0) + 1 })
    }
    const drafts: Draft[] = []
    for (const each of declined.values()) drafts.push(...(await draftsOf(context, each)))
    return drafts
  },
}

async function draftsOf(context: FindingContext, { error, errors }: Declined): Promise<Draft[]> {
  const rows = await largeAfter(context, error)
  if (rows.length < THRESHOLDS.packets.value) return []
  const { packets } = context.tables
  const ids = Array.from(new Set(rows.map((row) => packets.chunk(row).conversation[row % CHUNK_ROWS])))
  const open = ids.filter((id) => context.isOpen(id))
  if (open.length === 0) return []
  const costMs = open.reduce((sum, id) => sum + context.lostNs(id), 0) / 1e6
  const until = context.time(rows[rows.length - 1])
  return [
    {
      subject: `${error.source} ${error.destination} ${error.mtu}`,
      conversations: open,
      client: context.client(open[0]),
      server: context.server(open[0]),
      since: error.time,
      until,
      costMs,
      count: rows.length,
      sentence: sentences(
        `${context.named(error.from)} said ${countOf(errors, 'time')} that packets from ${context.named(error.source)} to ${context.named(error.destination)} may have ${error.mtu} bytes at most, yet larger ones were sent again ${countOf(rows.length, 'time')} ${whenText(error.time, until)}:`,
        `${countOf(open.length, 'connection')} lost ${msText(costMs)}.`,
      ),
      why: `The ICMP errors are in this capture, the first at ${nsText(error.time)}; the segments after them are as large as before.`,
      confidence: 0.95,
      blamed: `${context.named(error.source)}: the error does not reach who chooses the size (a filter on ICMP, or a tunnel that does not hand it on to the pod)`,
      evidence: [
        { row: error.row, role: 'the ICMP error' },
        ...rows.slice(0, 6).map((row) => ({ row, role: 'sent again, still too large' })),
      ],
      ruledOut: ['An error that was lost on its way: it passed here, or arrived here.'],
      settle: 'A capture in the sending pod: whether the ICMP error arrives there.',
      confirm: [route(error.destination), ping(error.destination, error.mtu + 1)],
      filter: `icmp.type == 3 && icmp.code == 4 || ${context.filter(open)}`,
    },
  ]
}

/** Repetitions of the two ends that are longer than allowed; in a tunnel it is the outer packet that counts. */
async function largeAfter(context: FindingContext, error: IcmpError): Promise<number[]> {
  const { packets } = context.tables
  const candidates: number[] = []
  for (let row = error.row + 1; row < packets.rows && candidates.length < MOST_READ; row++) {
    const chunk = packets.chunk(row)
    const i = row % CHUNK_ROWS
    // What is sent again is no larger than a packet, whatever offload made of the first.
    const verdict = chunk.verdict[i]
    if (verdict < VERDICT.fast || verdict > VERDICT.retransmission) continue
    if (chunk.length[i] <= error.mtu || chunk.time[i] - error.time < THRESHOLDS.later.value * 1e6) continue
    candidates.push(row)
  }
  const headers = await context.headers(candidates)
  return candidates.filter((row) => {
    const outer = headers.get(row)?.outer
    return outer?.source === error.source && outer.destination === error.destination && outer.length > error.mtu
  })
}
