import type { ReactNode } from 'react'
import type { FollowFormat, FollowLine, FollowMatches } from '../../../engine/engine.ts'
import type { Column } from '../../components/data-grid.tsx'
import { asciiOf, hexOf, lineParts, missingText, offsetOf, rawOf, textOf } from './stream-text.ts'

/** The columns of the lines of a stream; `match` is the number of the match that is shown. */
export function lineColumns(
  format: FollowFormat,
  matches: FollowMatches | undefined,
  match: number,
  frameNumber: (row: number) => number,
  numberWidth: number,
): readonly Column<FollowLine>[] {
  return [
    {
      key: 'packet',
      title: 'No.',
      about: 'The packet with the first byte of the line',
      width: numberWidth,
      numeric: true,
      cell: (line) => frameNumber(line.row),
    },
    ...(format === 'hex'
      ? [
          {
            key: 'offset',
            title: 'Offset',
            about: 'Among the bytes of its side',
            width: 80,
            cell: (line: FollowLine) => offsetOf(line.offset),
          },
        ]
      : []),
    {
      key: 'bytes',
      title: format === 'text' ? 'Text' : 'Bytes',
      width: 320,
      cell: (line) => <LineView line={line} format={format} matches={matches} match={match} />,
    },
  ]
}

interface LineViewProps {
  readonly line: FollowLine
  readonly format: FollowFormat
  readonly matches: FollowMatches | undefined
  readonly match: number
}

function LineView({ line, format, matches, match }: LineViewProps): ReactNode {
  if (line.missing) return <span className="follow-missing">{missingText(line.missing)}</span>
  const parts = lineParts(line.position, line.bytes.length, matches?.positions, matches?.length ?? 0)
  const shown = (text: (bytes: Uint8Array, at: number) => string) =>
    parts.map(({ from, to, match: number }) => {
      const content = text(line.bytes.subarray(from, to), from)
      if (number === undefined) return content
      return (
        <mark key={from} className={number === match ? 'now' : undefined}>
          {content}
        </mark>
      )
    })
  if (format === 'text') return shown(textOf)
  if (format === 'raw') return shown(rawOf)
  return (
    <>
      <span className="follow-hex">{shown(hexOf)}</span>
      {shown(asciiOf)}
    </>
  )
}
