import type { Capture, ResetCause } from '../../engine/engine.ts'
import { type AddressNames, endpoint } from './conversation-table.ts'
import { countText } from './text.ts'

/** Connections that were reset for the same reason, at the same server. */
export interface ResetGroup {
  readonly cause: ResetCause
  readonly address: string
  readonly port: number
  readonly connections: number
}

/** Most connections first; of all conversations without `ids`. */
export function resetsByCause(engine: Capture, ids?: Uint32Array): readonly ResetGroup[] {
  const { conversations, tcp } = engine
  const { network, addressB, portB } = conversations
  const groups = new Map<string, { readonly cause: ResetCause; readonly first: number; connections: number }>()
  for (const id of resetConversations(engine, ids)) {
    const cause = tcp.resetCause(id)
    if (cause === undefined) continue
    const key = `${cause} ${network[id]} ${addressB[id]} ${portB[id]}`
    const known = groups.get(key)
    if (known) known.connections++
    else groups.set(key, { cause, first: id, connections: 1 })
  }
  return Array.from(groups.values(), ({ cause, first, connections }) => {
    return { cause, address: conversations.addressText(first, true), port: portB[first], connections }
  }).sort((a, b) => b.connections - a.connections)
}

const RESET_TEXT: Readonly<Record<ResetCause, string>> = {
  refused: 'refused (nothing listens there)',
  'after-fin': 'after they had been closed',
  'data-unread': 'by an end that had not read all it was sent (it died or gave up)',
  'mid-stream': 'in the middle',
  'unknown-connection': 'unknown to the other end (it was restarted, or forgot them while they were idle)',
  injected:
    'by somebody else in the name of one end (by its TTL, or as that end went on: a firewall, a load balancer, or another host)',
}
const MOST_RESET_GROUPS = 5

/** The largest groups, a line each, and a line for the others. */
export function resetLines(resets: readonly ResetGroup[], names: AddressNames): string[] {
  const lines = resets
    .slice(0, MOST_RESET_GROUPS)
    .map(
      ({ cause, address, port, connections }) =>
        `Reset: ${countText(connections, 'connection')} to ${endpoint(address, port, names)}, ${RESET_TEXT[cause]}.`,
    )
  const others = resets.slice(MOST_RESET_GROUPS).reduce((sum, { connections }) => sum + connections, 0)
  if (others > 0) lines.push(`Reset: ${countText(others, 'connection')} more, of other kinds or to other places.`)
  return lines
}

/** The one with most resets first. */
function resetConversations({ tcp }: Capture, ids: Iterable<number> = tcp.reset()): number[] {
  const found: { readonly id: number; readonly resets: number }[] = []
  for (const id of ids) {
    const resets = tcp.resets(id)
    if (resets > 0) found.push({ id, resets })
  }
  return found.sort((a, b) => b.resets - a.resets || a.id - b.id).map(({ id }) => id)
}
