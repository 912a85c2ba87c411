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
  const groups = new Map<string, ResetGroup>()
  for (const id of resetConversations(engine, ids)) {
    const { resetCause } = tcp.connection(id)
    if (resetCause === undefined) continue
    const address = conversations.addressText(id, true)
    const port = conversations.portB[id]
    const key = `${resetCause} ${address} ${port}`
    const connections = (groups.get(key)?.connections ?? 0) + 1
    groups.set(key, { cause: resetCause, address, port, connections })
  }
  return [...groups.values()].toSorted((a, b) => b.connections - a.connections)
}

const RESET_TEXT: Readonly<Record<ResetCause, string>> = {
  refused: 'refused (nothing listens there)',
  'after-fin': 'after they had been closed',
  'data-unread': 'by an end that had not read all it was sent (it died or gave up)',
  'mid-stream': 'in the middle',
  'unknown-connection': 'unknown to the other end (it was restarted, or forgot them while they were idle)',
  injected: 'by somebody else in the name of one end (by its TTL: a firewall, a load balancer, or another host)',
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
function resetConversations({ conversations, tcp }: Capture, ids?: Uint32Array): number[] {
  const found: number[] = []
  const count = ids?.length ?? conversations.count
  for (let i = 0; i < count; i++) {
    const id = ids ? ids[i] : i
    if (tcp.resets(id) > 0) found.push(id)
  }
  return found.sort((a, b) => tcp.resets(b) - tcp.resets(a) || a - b)
}
