import type { HostContract } from '../../common/contract.ts'

/** A capture that notes can be kept on: one of the host's. */
export interface NotedCapture {
  readonly id: string
  readonly name: string
  /** It is being made now, so that this moment is on its time axis. */
  readonly live: boolean
}

/** Keeps what was learned beside the packets: at its moment where the capture has that, else on all of it. `at`: milliseconds since 1970. */
export async function keepNote(
  host: HostContract,
  { id, live }: NotedCapture,
  text: string,
  at: number,
  tag: string,
): Promise<void> {
  const moment = `${BigInt(Math.round(at)) * 1_000_000n}`
  const now = Date.now()
  await host.notes.put(id, {
    id: crypto.randomUUID(),
    anchor: live ? { kind: 'range', from: moment, to: moment } : { kind: 'capture' },
    text,
    tag,
    createdAt: now,
    editedAt: now,
  })
}
