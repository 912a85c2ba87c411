import { useCallback, useRef, useState, type ReactNode } from 'react'
import type { CaptureFacts, Hop } from '../../../engine/engine.ts'
import type { CaptureSession } from '../../app/capture-session.ts'
import { Address } from '../../components/address.tsx'
import { DataGrid, type Column } from '../../components/data-grid.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { formatBytes, formatCount, formatDuration, formatSeconds, formatShare } from '../../components/format.ts'
import { Pane } from '../../components/pane.tsx'
import { useAnswer } from '../../components/use-answer.ts'
import type { HopPacket, HopsAnswer } from '../../worker/engine-service.ts'
import './hops.css'

/** More are listed by the command line. */
const MOST = 10_000
const ROW = 22
const ADD = 'Add a capture of another point…'

interface HopsProps {
  readonly session: CaptureSession
  readonly facts: CaptureFacts
  readonly version: number
  readonly reading: boolean
  readonly onPacket: (row: number) => void
  /** Goes inside the packet that was shown last. */
  readonly onOpen: () => void
  /** Puts it together with captures of other points. */
  readonly onJoin: () => void
}

/** Where packets died between the points of a capture, and what each hop cost. */
export function Hops({ session, facts, version, reading, onPacket, onOpen, onJoin }: HopsProps): ReactNode {
  const several = facts.interfaces.length > 1
  // All is joined anew each time: while packets come, only once there are a fifth more.
  const state = reading ? `${Math.round(4 * Math.log2(facts.packets + 1))} so far` : String(version)
  const question = several ? state : undefined
  const { value, error, key } = useAnswer(question, () => session.engine.hops(MOST))
  /** The hop of which packets are listed; of all without. By name: while packets come there may be another in its place. */
  const [name, setName] = useState<string>()
  const showAll = () => setName(undefined)
  const found = value?.hops.findIndex((hop) => nameOf(value.points, hop) === name) ?? -1
  const chosen = found < 0 ? undefined : found
  const listed = value?.packets.filter((packet) => chosen === undefined || isOn(packet, chosen)) ?? []
  const isFollowed = several && value !== undefined && value.hops.length > 0
  const isCut = value !== undefined && value.packets.length < value.amiss
  return (
    <Pane
      title="Hops"
      count={
        value && (isCut ? `the first ${formatCount(MOST)} of ${formatCount(value.amiss)} packets` : packetsText(listed))
      }
      actions={
        chosen === undefined ? (
          isFollowed && (
            <button type="button" className="button small" onClick={onJoin}>
              {ADD}
            </button>
          )
        ) : (
          <button
            type="button"
            className="button small"
            title="Esc"
            onClick={({ currentTarget }) => {
              // It goes, and the focus not with it.
              currentTarget.closest('.pane')?.querySelector<HTMLElement>('[data-grid=hops]')?.focus()
              showAll()
            }}
          >
            Show all hops
          </button>
        )
      }
      waiting={key !== question}
    >
      {error !== undefined ? (
        <EmptyState tone="bad" title="The hops could not be followed">
          {error}
        </EmptyState>
      ) : !several || value?.points.length === 1 ? (
        <EmptyState title="One point captured" actions={[{ title: ADD, run: onJoin }]}>
          A hop needs two: capture at both ends of a conversation, or at a pod and its node. What other points captured
          at the same time, in files of their own, can be added.
        </EmptyState>
      ) : (
        value &&
        (value.hops.length === 0 ? (
          <EmptyState title="No packet was seen at two points" actions={[{ title: ADD, run: onJoin }]}>
            The points captured at other times, or other connections, or UDP whose sender NAT changed, or a proxy
            between them makes connections of its own.
          </EmptyState>
        ) : (
          <Followed
            answer={value}
            listed={listed}
            chosen={chosen}
            onChoose={(hop) => setName(nameOf(value.points, hop))}
            onAll={showAll}
            onPacket={onPacket}
            onOpen={onOpen}
          />
        ))
      )}
    </Pane>
  )
}

/** Its place is a point, no hop. */
const isAtPoint = (fate: HopPacket['fate']): boolean => fate === 'unanswered' || fate === 'rejected behind'

const isOn = ({ fate, place }: HopPacket, hop: number): boolean => !isAtPoint(fate) && place === hop

/** "3 lost, 1 rejected" */
function packetsText(packets: readonly HopPacket[]): string {
  return (['lost', 'rejected', 'made', 'unanswered'] as const)
    .map((fate) => ({ fate, count: packets.filter((packet) => packet.fate.split(' ')[0] === fate).length }))
    .filter(({ count }) => count > 0)
    .map(({ fate, count }) => `${formatCount(count)} ${fate}`)
    .join(', ')
}

interface FollowedProps {
  readonly answer: HopsAnswer
  readonly listed: readonly HopPacket[]
  /** Index of the hop of which packets are listed. */
  readonly chosen: number | undefined
  readonly onChoose: (hop: Hop) => void
  readonly onAll: () => void
  readonly onPacket: (row: number) => void
  readonly onOpen: () => void
}

function Followed({ answer, listed, chosen, onChoose, onAll, onPacket, onOpen }: FollowedProps): ReactNode {
  const { hops, points, sentences, clocks, limits } = answer
  const hop = chosen === undefined ? undefined : hops[chosen]
  /** The row of the packet that was shown last. */
  const [shown, setShown] = useState<number>()
  const active = listed.findIndex(({ row }) => row === shown)
  const show = (index: number) => {
    const packet = listed.at(index)
    setShown(packet?.row)
    if (packet) onPacket(packet.row)
  }
  const onVisible = useCallback(() => undefined, [])
  const pane = useRef<HTMLDivElement>(null)
  const focusOn = (grid: string) => pane.current?.querySelector<HTMLElement>(`[data-grid=${grid}]`)?.focus()
  return (
    <div
      ref={pane}
      className="hops"
      role="presentation"
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || chosen === undefined) return
        event.stopPropagation()
        if (document.activeElement?.matches('[data-grid=hop-packets]')) focusOn('hops')
        else onAll()
      }}
    >
      <div className="hop-sentences">
        {sentences.map((sentence) => (
          <p key={sentence}>{sentence}</p>
        ))}
        {[...clocks, ...limits].map((sentence) => (
          <p key={sentence} className="hop-clock">
            {sentence}
          </p>
        ))}
      </div>
      <DataGrid
        id="hops"
        label="Hops"
        columns={hopColumns(points)}
        count={hops.length}
        rowHeight={ROW}
        row={(index) => hops.at(index)}
        onVisible={onVisible}
        active={chosen}
        onActive={(index) => onChoose(hops[index])}
        onPress={(index) => (index === chosen ? onAll() : onChoose(hops[index]))}
        onOpen={() => focusOn('hop-packets')}
      />
      <DataGrid
        id="hop-packets"
        label={hop ? `Lost, rejected or made ${nameOf(points, hop)}` : 'Lost, rejected, made or unanswered'}
        columns={packetColumns(answer).filter(({ key }) => hop === undefined || key !== 'place')}
        count={listed.length}
        rowHeight={ROW}
        row={(index) => listed.at(index)}
        onVisible={onVisible}
        active={active < 0 ? undefined : active}
        onActive={show}
        onOpen={onOpen}
        empty={
          hop && lostOn(hop) > 0 ? (
            <EmptyState
              title={`${formatCount(lostOn(hop))} lost, none among the first ${formatCount(MOST)} of all hops`}
            >
              <code>hopscope hops --json</code> lists all.
            </EmptyState>
          ) : (
            <EmptyState title={chosen === undefined ? answer.nothing : answer.nothingOn[chosen]} />
          )
        }
      />
    </div>
  )
}

/** Where there is little room both names are cut, not the second alone. */
function HopName({ points, hop: { from, to } }: { readonly points: readonly string[]; readonly hop: Hop }): ReactNode {
  return (
    <span className="hop-name">
      <span>{points[from]}</span>
      <span> → </span>
      <span>{points[to]}</span>
    </span>
  )
}

const nameOf = (points: readonly string[], { from, to }: Hop): string => `${points[from]} → ${points[to]}`

const dueOn = ({ segments, datagrams, resets }: Hop): number => segments + datagrams.due + resets.due
const lostOn = ({ lost, datagrams, resets }: Hop): number => lost + datagrams.lost + resets.lost

const hopColumns = (points: readonly string[]): readonly Column<Hop>[] => [
  { key: 'hop', title: 'Hop', width: 192, widest: 420, cell: (hop) => <HopName points={points} hop={hop} /> },
  {
    key: 'packets',
    title: 'Packets',
    about:
      'TCP segments with payload, SYN or FIN, resets, and UDP datagrams, seen at the first point and due at the second',
    width: 62,
    numeric: true,
    cell: (hop) => formatCount(dueOn(hop)),
  },
  {
    key: 'lost',
    title: 'Lost',
    about: 'Not seen at the second point, nor further on, nor acknowledged or answered',
    width: 84,
    numeric: true,
    cell: (hop) =>
      lostOn(hop) === 0 ? (
        '0'
      ) : (
        <span className="hop-lost">{`${formatCount(lostOn(hop))}  ${formatShare(lostOn(hop), dueOn(hop))}`}</span>
      ),
  },
  {
    key: 'rejected',
    title: 'Rejected',
    about: 'Dropped on the way by somebody who said so with an ICMP error or a reset: not among the lost',
    width: 66,
    numeric: true,
    cell: ({ rejected }) => (rejected === 0 ? '0' : <span className="hop-lost">{formatCount(rejected)}</span>),
  },
  {
    key: 'way',
    title: 'Least time',
    about:
      'The shortest time for the way: half of there and back, and how far that may be off whatever the clocks read',
    width: 128,
    numeric: true,
    cell: ({ delay }) => {
      const way = delay?.oneWay
      return way ? `${formatDuration(way.leastNs)} ± ${formatDuration(way.errorNs)}` : ''
    },
  },
  ...(['p50', 'p99', 'max'] as const).map((name) => ({
    key: name,
    title: `+ ${name}`,
    about: 'Above the shortest time, which clocks that differ can’t falsify',
    width: 72,
    numeric: true,
    cell: ({ delay }: Hop) => (delay ? formatDuration(delay.aboveLeast[name]) : ''),
  })),
  {
    key: 'uncaptured',
    title: 'Not captured',
    about: 'Bytes that crossed, as points further on or ACKs tell, but were not captured at the second point',
    width: 92,
    numeric: true,
    cell: ({ missedBytes }) => (missedBytes === 0 ? '' : formatBytes(missedBytes)),
  },
]

const packetColumns = ({ points, hops, packets }: HopsAnswer): readonly Column<HopPacket>[] => [
  { key: 'time', title: 'Time', width: 66, numeric: true, cell: ({ time }) => formatSeconds(time, 3) },
  { key: 'fate', title: 'Fate', width: 82, cell: ({ fate }) => fate.split(' ')[0] },
  {
    key: 'place',
    title: 'Where',
    about: 'On which hop it died, was rejected or was made, or to which point it came last',
    width: 192,
    widest: 420,
    cell: ({ fate, place }) =>
      isAtPoint(fate) ? `behind ${points[place]}` : <HopName points={points} hop={hops[place]} />,
  },
  {
    key: 'followed',
    title: 'What followed',
    about: 'When its bytes were sent again, or the ICMP error or reset with which it was rejected',
    width: packets.some(({ says }) => says !== undefined) ? 300 : 156,
    cell: ({ fate, says, againAfterNs }) =>
      fate === 'lost'
        ? againAfterNs === undefined
          ? 'not sent again'
          : `sent again after ${formatDuration(againAfterNs)}`
        : says,
  },
  { key: 'what', title: 'Packet', width: 150, widest: 420, cell: ({ what }) => what },
  { key: 'stream', title: 'Stream', width: 64, cell: ({ transport, stream }) => `${transport} ${stream}` },
  { key: 'from', title: 'From', width: 140, widest: 260, cell: ({ from }) => <Address {...from} /> },
  { key: 'to', title: 'To', width: 140, widest: 260, cell: ({ to }) => <Address {...to} /> },
  {
    key: 'bytes',
    title: 'Bytes',
    width: 64,
    numeric: true,
    cell: ({ bytes }) => (bytes === 0 ? '' : formatCount(bytes)),
  },
]
