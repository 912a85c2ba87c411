import { CHUNK_ROWS, FLAG } from '../columns/packet-table.ts'
import type { Hop, Loss, MadeReset } from './report.ts'
import { takes } from './runs.ts'

// Who rejects with a reset (iptables' REJECT --reject-with tcp-reset, network policies) drops the segment and answers it as RFC 9293 section 3.5.2 says: its
// sequence number is what the segment acknowledged; of a SYN it acknowledges the number.

/** A reset comes that soon after the segment: no round trip takes longer, and the next sending is answered by one of its own. */
const SAID_NS = 1e9

/** Of the segments that died on a hop those that a reset made on it, in the name of the other end, answers. Of several sendings it is the last before it. */
export function rejectedByResets(
  losses: readonly Loss[],
  made: readonly MadeReset[],
  hops: readonly Pick<Hop, 'from' | 'to'>[],
): ReadonlyMap<Loss, MadeReset> {
  const found = new Map<Loss, MadeReset>()
  if (made.length === 0) return found
  const segments = losses.filter(({ kind }) => kind === 'segment')
  const paths = new Map(
    Array.from(
      Map.groupBy(segments, ({ members }) => members),
      ([members, own]) => [members, Map.groupBy(own, answerTo)],
    ),
  )
  for (const reset of made.toSorted((a, b) => a.time - b.time)) {
    const { from, to } = hops[reset.hop]
    const own = sayings(reset).flatMap((saying) => paths.get(reset.members)?.get(saying) ?? [])
    const answered = own.filter((loss) => {
      const after = reset.time - loss.time
      const isThere = hops[loss.hop].from === to && hops[loss.hop].to === from
      return isThere && after >= 0 && after <= SAID_NS && !found.has(loss)
    })
    const [last] = answered.sort((a, b) => b.time - a.time)
    if (last) found.set(last, reset)
  }
  return found
}

/** What a reset that rejects the segment says. */
function answerTo(loss: Loss): string {
  const { seq, ack, flags, payload } = fieldsOf(loss)
  return (flags & FLAG.ack) === 0 ? `ack ${(seq + takes(flags, payload)) >>> 0}` : `seq ${ack}`
}

function sayings(reset: MadeReset): string[] {
  const { seq, ack, flags } = fieldsOf(reset)
  return (flags & FLAG.ack) === 0 ? [`seq ${seq}`] : [`seq ${seq}`, `ack ${ack}`]
}

function fieldsOf({ source, row }: Loss | MadeReset) {
  const chunk = source.tables.packets.chunk(row)
  const i = row % CHUNK_ROWS
  return { seq: chunk.seq[i], ack: chunk.ack[i], flags: chunk.flags[i], payload: chunk.payloadLength[i] }
}
