import type { Engine, ResetCause } from '../../engine/engine.ts'

/** Connections that were reset for the same reason, at the same server. */
export interface ResetGroup {
  readonly cause: ResetCause
  readonly address: string
  readonly port: number
  readonly connections: number
}

/** Most connections first. */
export function resetsByCause(engine: Engine): readonly ResetGroup[] {
  const { conversations, tcp } = engine
  const groups = new Map<string, ResetGroup>()
  for (const id of resetConversations(engine)) {
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

/** The one with most resets first. */
function resetConversations(engine: Engine): number[] {
  const ids: number[] = []
  for (let id = 0; id < engine.conversationCount; id++) if (engine.resets(id) > 0) ids.push(id)
  return ids.sort((a, b) => engine.resets(b) - engine.resets(a) || a - b)
}
