import type { ReactNode } from 'react'
import type { ConversationRow, ConversationSort, ConversationState, ResetCause } from '../../../engine/engine.ts'
import { Address } from '../../components/address.tsx'
import type { Column } from '../../components/data-grid.tsx'
import { streamText } from '../../components/filter-text.ts'
import { formatBytes, formatCount, formatDuration, formatMilliseconds, formatSeconds } from '../../components/format.ts'
import { NoteMark } from '../../components/note-marks.tsx'
import { isThin, THIN_ABOUT } from '../../components/measure-names.ts'
import { harmColor, harmName } from '../../components/harm.ts'

export interface ConversationColumn extends Column<ConversationRow> {
  readonly sort?: ConversationSort
}

const STATE_NAMES: Readonly<Record<ConversationState, string>> = {
  'syn-sent': 'no answer',
  'syn-received': 'half open',
  established: 'established',
  closing: 'closing',
  closed: 'closed',
  reset: 'reset',
  refused: 'refused',
  'mid-stream': 'mid-stream',
}

export const RESET_CAUSES: Readonly<Record<ResetCause, string>> = {
  refused: 'Refused: the SYN was answered with a reset',
  'after-fin': 'Reset after the connection had been closed in order',
  'data-unread': 'Reset with received data still unread by the application',
  'mid-stream': 'Reset in the middle of the conversation',
  'unknown-connection': 'Reset because the other end did not know this connection',
  injected:
    'Reset by somebody else in the name of one end: that end went on, or its other packets came from another number of hops, by their TTLs',
}

/** Round trips to one end: what the network takes there says nothing of the other half, whichever end the capture is from. */
function halfColumn(half: 'toClient' | 'toServer'): ConversationColumn {
  const end = half === 'toClient' ? 'client' : 'server'
  return {
    key: half,
    title: `To ${end} p99`,
    about: `Between the capture point and the ${end}, of the packets shown: 99 % of round trips took at most this`,
    width: 100,
    numeric: true,
    sort: half,
    cell: ({ [half]: times }) =>
      times && (
        <span className={isThin(times) ? 'conversation-thin' : ''} title={isThin(times) ? THIN_ABOUT : undefined}>
          {formatDuration(times.p99Ns)}
        </span>
      ),
  }
}

/** `worstHarmMs` scales the bars: the list's greatest harm is a full one. */
export function conversationColumns(worstHarmMs: number): readonly ConversationColumn[] {
  return [
    {
      key: 'harm',
      title: 'Harm',
      about: 'Time lost to retransmission waits, SYN time-outs, resets and zero windows',
      width: 108,
      sort: 'harmMs',
      cell: (row) => <Harm row={row} worst={worstHarmMs} />,
    },
    {
      key: 'stream',
      title: 'Stream',
      about: 'Number among the conversations of its transport',
      width: 72,
      sort: 'id',
      cell: (row) => (
        <>
          <NoteMark conversation={row.id} />
          {streamText(row)}
        </>
      ),
    },
    {
      key: 'a',
      title: 'Endpoint A',
      about: 'Sent the first packet seen',
      width: 176,
      widest: 260,
      sort: 'addressA',
      cell: (row) => <Address address={row.addressA} port={row.portA} />,
    },
    {
      key: 'b',
      title: 'Endpoint B',
      width: 176,
      widest: 260,
      sort: 'addressB',
      cell: (row) => <Address address={row.addressB} port={row.portB} />,
    },
    { key: 'state', title: 'State', about: 'At the end of the capture', width: 88, cell: (row) => <State row={row} /> },
    {
      key: 'retransmissions',
      title: 'Retr.',
      about: 'Retransmissions',
      width: 56,
      numeric: true,
      sort: 'retransmissions',
      cell: (row) => count(row.retransmissions, 'loss'),
    },
    {
      key: 'resets',
      title: 'RST',
      about: 'Resets',
      width: 48,
      numeric: true,
      sort: 'resets',
      cell: (row) => count(row.resets, 'reset'),
    },
    {
      key: 'outOfOrder',
      title: 'OOO',
      about: 'Segments out of order',
      width: 48,
      numeric: true,
      sort: 'outOfOrder',
      cell: (row) => count(row.outOfOrder, 'reorder'),
    },
    {
      key: 'zeroWindows',
      title: 'ZeroW',
      about: 'Zero windows',
      width: 56,
      numeric: true,
      sort: 'zeroWindows',
      cell: (row) => count(row.zeroWindows, 'zero-window'),
    },
    {
      key: 'initialRtt',
      title: 'iRTT',
      about: 'Initial round-trip time, from the handshake',
      width: 72,
      numeric: true,
      sort: 'initialRttNs',
      cell: (row) => time(row.initialRttNs),
    },
    halfColumn('toClient'),
    halfColumn('toServer'),
    {
      key: 'packets',
      title: 'Packets',
      about: 'Both directions',
      width: 72,
      numeric: true,
      sort: 'packetsAB',
      cell: (row) => formatCount(row.packetsAB + row.packetsBA),
    },
    {
      key: 'bytes',
      title: 'Bytes',
      about: 'Both directions, whole frames',
      width: 76,
      numeric: true,
      sort: 'bytesAB',
      cell: (row) => formatBytes(row.bytesAB + row.bytesBA),
    },
    {
      key: 'start',
      title: 'Start',
      about: 'Seconds since the first packet',
      width: 84,
      numeric: true,
      sort: 'firstTime',
      cell: (row) => formatSeconds(row.firstTime, 3),
    },
    {
      key: 'duration',
      title: 'Duration',
      width: 84,
      numeric: true,
      cell: (row) => formatDuration(row.lastTime - row.firstTime),
    },
  ]
}

function Harm({ row, worst }: { readonly row: ConversationRow; readonly worst: number }): ReactNode {
  if (row.harmMs === 0) return <Nothing />
  // Within a part of the time the engine knows how much was lost, not to what.
  const parts = row.harm.length > 0 ? row.harm : [{ cause: 'in the selected time', ms: row.harmMs }]
  return (
    <span
      className="harm"
      title={parts.map(({ cause, ms }) => `${harmName(cause)}: ${formatMilliseconds(ms)}`).join('\n')}
    >
      <span className="harm-value">{formatMilliseconds(row.harmMs)}</span>
      <span className="harm-track" aria-hidden>
        {parts.map(({ cause, ms }) => (
          <i key={cause} style={{ width: `${worst > 0 ? (ms / worst) * 100 : 0}%`, background: harmColor(cause) }} />
        ))}
      </span>
    </span>
  )
}

function State({ row }: { readonly row: ConversationRow }): ReactNode {
  if (!row.state) return <Nothing />
  const bad = row.state === 'reset' || row.state === 'refused' ? 'reset' : row.state === 'syn-sent' ? 'loss' : undefined
  return (
    <span className={bad && `ink-${bad}`} title={row.resetCause && RESET_CAUSES[row.resetCause]}>
      {STATE_NAMES[row.state]}
    </span>
  )
}

function count(n: number, tone: string): ReactNode {
  return n === 0 ? <Nothing /> : <span className={`ink-${tone}`}>{formatCount(n)}</span>
}

function time(ns: number | undefined): ReactNode {
  return ns === undefined ? <Nothing /> : formatDuration(ns)
}

/** Zero recedes, so that what is there stands out. */
function Nothing(): ReactNode {
  return (
    <span className="nothing">
      <span aria-hidden>·</span>
      <span className="aloud">none</span>
    </span>
  )
}
