import type { CaptureInterface } from '../../common/model/capture.ts'
import type { ExchangeTable } from '../application/exchange-table.ts'
import type { ConversationTable } from '../columns/conversation-table.ts'
import type { HeadTable } from '../columns/head-table.ts'
import type { PacketTable } from '../columns/packet-table.ts'
import type { StackTable } from '../columns/stack-table.ts'
import type { TcpAnalysis } from '../tcp/analysis.ts'
import type { NoteIndex } from '../note-index.ts'
import type { RoundTrips } from '../tcp/round-trips.ts'
import type { Verdicts } from '../tcp/verdicts.ts'

/** What queries are answered from. */
export interface CaptureTables {
  readonly packets: PacketTable
  readonly conversations: ConversationTable
  readonly stacks: StackTable
  readonly heads: HeadTable
  readonly tcp: TcpAnalysis
  readonly verdicts: Verdicts
  readonly roundTrips: RoundTrips
  readonly interfaces: readonly CaptureInterface[]
  /** Nanoseconds since 1970 of the first frame; undefined before it. */
  readonly epoch: bigint | undefined
  /** Comments in the capture file, by row. */
  readonly packetComments?: ReadonlyMap<number, readonly string[]>
  /** What a person noted. */
  readonly notes?: NoteIndex
  /** Requests with their responses. */
  readonly exchanges?: ExchangeTable
}
