import type { ReactNode } from 'react'
import type { PacketRow, SortKey } from '../../../engine/engine.ts'
import type { TimeFormat } from '../../app/preferences.ts'
import { Address } from '../../components/address.tsx'
import type { Column } from '../../components/data-grid.tsx'
import { formatClock, formatSeconds, formatZone, type Zone } from '../../components/format.ts'
import { LabelBadge } from '../../components/label-badge.tsx'
import { NoteMark } from '../../components/note-marks.tsx'
import { VERDICT_NAMES } from '../../components/verdict-names.ts'
import { splitMarks } from './marks.ts'

export interface PacketColumn extends Column<PacketRow> {
  readonly sort?: SortKey
}

const TIME_TITLES: Readonly<Record<TimeFormat, string>> = {
  relative: 'Seconds since the first packet',
  clock: 'Time of day',
  delta: 'Seconds since the packet listed before it',
}

/** Wireshark's columns. `timeBefore` gives the time of the packet listed before another, for the delta; `origin` is Wireshark's time reference. */
export function packetColumns(
  format: TimeFormat,
  epochNs: string | undefined,
  zone: Zone,
  timeBefore: (index: number) => number | undefined,
  numberWidth: number,
  origin: Pick<PacketRow, 'time' | 'frame'> | undefined,
): readonly PacketColumn[] {
  function time(row: PacketRow, index: number): string {
    if (format === 'clock' && epochNs !== undefined) return formatClock(epochNs, row.time, zone)
    if (format === 'relative') return formatSeconds(row.time - (origin?.time ?? 0))
    const before = timeBefore(index)
    return before === undefined ? '' : formatSeconds(row.time - before)
  }
  return [
    {
      key: 'number',
      sort: 'frame',
      title: 'No.',
      width: numberWidth,
      numeric: true,
      cell: ({ row, frame }) => <FrameNumber row={row} frame={frame} />,
    },
    {
      key: 'time',
      sort: 'time',
      ...(format === 'relative' && origin
        ? { title: `Since ${origin.frame}`, about: `Seconds since packet ${origin.frame}` }
        : {
            title: 'Time',
            about: `${TIME_TITLES[format]}${format === 'clock' && epochNs !== undefined ? `, ${formatZone(epochNs, 0, zone)}` : ''}`,
          }),
      width: format === 'clock' ? 128 : 100,
      numeric: true,
      cell: time,
    },
    {
      key: 'source',
      sort: 'source',
      title: 'Source',
      width: 124,
      widest: 220,
      cell: (row) => <Address address={row.source} />,
    },
    {
      key: 'destination',
      sort: 'destination',
      title: 'Destination',
      width: 124,
      widest: 220,
      cell: (row) => <Address address={row.destination} />,
    },
    { key: 'protocol', sort: 'protocol', title: 'Protocol', width: 68, cell: (row) => row.protocol },
    {
      key: 'length',
      sort: 'length',
      title: 'Length',
      about: 'Bytes on the wire',
      width: 72,
      numeric: true,
      cell: (row) => row.length,
    },
    {
      key: 'info',
      sort: 'info',
      title: 'Info',
      width: 320,
      cell: (row) => <Info row={row} />,
    },
  ]
}

function FrameNumber({ row, frame }: Pick<PacketRow, 'row' | 'frame'>): ReactNode {
  return (
    <>
      <NoteMark row={row} />
      {frame}
    </>
  )
}

/** Wireshark's marks in front of the text become badges, coloured by their label; Hopscope's own verdict stands beside them. */
function Info({ row }: { readonly row: PacketRow }): ReactNode {
  const { marks, text } = splitMarks(row.info)
  return (
    <>
      {marks.map((mark, i) => (
        <LabelBadge key={mark} label={row.labels[i]} text={mark} />
      ))}
      {row.verdict !== undefined && VERDICT_NAMES[row.verdict] !== undefined && (
        <span className="label verdict">{VERDICT_NAMES[row.verdict]}</span>
      )}
      {row.error !== undefined && <span className="label">{row.error}</span>}
      {text}
    </>
  )
}
