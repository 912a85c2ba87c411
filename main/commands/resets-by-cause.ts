import type { Engine, ResetCause } from '../../engine/engine.ts'

/** Connections that were reset for the same reason, at the same server. */
export interface ResetGroup {
  readonly cause: ResetCause
  readonly address: string
  readonly port: number | undefined
  readonly connections: number
}

/** Most connections first. */
export function resetsByCause(engine: Engine): readonly ResetGroup[] {
  const order = engine.conversationOrder('resets', true)
  const groups = new Map<string, ResetGroup>()
  // Ordered by resets, so those without any are at the end.
  let end = 0
  while (end < order.length && engine.resets(order[end]) > 0) end++
  for (const { resetCause, addressB, portB } of engine.conversationRows(order.subarray(0, end))) {
    if (resetCause === undefined) continue
    const key = `${resetCause} ${addressB} ${portB}`
    const connections = (groups.get(key)?.connections ?? 0) + 1
    groups.set(key, { cause: resetCause, address: addressB, port: portB, connections })
  }
  return [...groups.values()].toSorted((a, b) => b.connections - a.connections)
}
