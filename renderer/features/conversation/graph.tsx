import { ArrowLeftRight, Maximize2 } from 'lucide-react'
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore, type ReactNode } from 'react'
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import type { TimeRange } from '../../app/view.ts'
import { colors, subscribeColors } from '../../components/colors.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { formatDuration, formatSeconds } from '../../components/format.ts'
import { Pane } from '../../components/pane.tsx'
import { useAnswer } from '../../components/use-answer.ts'
import { type Draw, useDrawing, useInnerSize } from '../../components/use-drawing.ts'
import { Choice } from './choice.tsx'
import { drawGraph } from './draw-graph.ts'
import { listenForGraphGestures, type Box } from './graph-gestures.ts'
import { GraphLegend } from './graph-legend.tsx'
import { pickAt, Readout, sequenceScale, type Pointer } from './graph-readout.tsx'
import { movedRange, placeGraphs, TimeAxis, VALUES, zoomedRange } from './graph-scale.ts'
import { NoSubject, useSubject, type ConversationViewProps } from './subject.tsx'
import { useSide } from './use-side.ts'
import './conversation.css'

const SHOWN = [
  { value: 'all', title: 'All' },
  { value: 'sequence', title: 'Sequence', about: 'Sequence numbers over time, as tcptrace draws them' },
  { value: 'rtt', title: 'RTT', about: 'Round-trip times' },
  { value: 'throughput', title: 'Throughput' },
  { value: 'window', title: 'Window', about: 'Bytes in flight and the receive window' },
] as const

interface ValueRange {
  readonly low: number
  readonly high: number
}

/** The course of one direction of a connection over time: sequence numbers, round-trip times, throughput, window. */
export function Graph({ session, view, version }: ConversationViewProps): ReactNode {
  const subject = useSubject({ session, view, version })
  const conversation = subject?.row
  const known = useSide({ session, view }, conversation)
  const side = known ?? 'server'
  const plot = useStore(view.store, (state) => state.plot) ?? 'all'
  const span = useStore(view.store, (state) => state.span)
  const row = useStore(view.store, (state) => state.row)
  const palette = useSyncExternalStore(subscribeColors, colors)
  const surface = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const [values, setValues] = useState<ValueRange & { readonly of: string }>()
  const [box, setBox] = useState<Box>()
  const [pointer] = useState(() => createStore<{ readonly at: Pointer | undefined }>(() => ({ at: undefined })))

  const size = useInnerSize(surface, conversation !== undefined)
  const about = `${conversation?.id} ${side}`
  const whole = useMemo<TimeRange>(
    () => wholeOf(conversation?.firstTime ?? 0, conversation?.lastTime ?? 0),
    [conversation?.firstTime, conversation?.lastTime],
  )
  const shown = useMemo(() => (span ? cutTo(span, whole) : whole), [span, whole])
  const chosen = values?.of === about ? values : undefined
  const places = useMemo(() => placeGraphs(size.height, plot), [size.height, plot])
  const axis = useMemo(() => new TimeAxis(shown, size.width), [shown, size.width])
  const tall = places.find(({ name }) => name === 'sequence')?.height ?? 1

  const key =
    conversation && known && size.width > 0
      ? JSON.stringify([about, shown, chosen?.low, chosen?.high, size.width, tall, version])
      : undefined
  const { value: answer, error } = useAnswer(key, async () => ({
    about,
    data: await session.engine.timeSequence({
      conversation: conversation?.id ?? 0,
      side,
      from: shown.from,
      to: shown.to,
      ...(chosen && { low: chosen.low, high: chosen.high }),
      width: size.width,
      height: Math.max(1, Math.round(tall)),
    }),
  }))
  const data = answer?.about === about ? answer.data : undefined
  const low = chosen?.low ?? data?.low ?? 0
  const high = chosen?.high ?? data?.high ?? 1
  const { value: selected } = useAnswer(row === undefined ? undefined : String(row), () =>
    session.engine.packet(row ?? 0),
  )
  const marked = useMemo(
    () =>
      selected && selected.row === row && selected.conversation === conversation?.id
        ? { row: selected.row, time: selected.time }
        : undefined,
    [selected, row, conversation?.id],
  )

  const picture = useMemo(
    () => ({ axis, places, height: size.height, data, low, high, selected: marked, colors: palette }),
    [axis, places, size.height, data, low, high, marked, palette],
  )
  const draw = useCallback<Draw>((context, _, font) => drawGraph(context, { ...picture, font }), [picture])
  const drawn = { width: size.width && size.width + VALUES, height: size.height }
  useDrawing(canvas, drawn, draw)

  const look = {
    zoom: (next: TimeRange | undefined) => view.change({ span: next }),
    all: () => {
      setValues(undefined)
      view.change({ span: undefined })
    },
    select: (next: number) => view.change({ row: next }),
  }
  // What the listeners read: always the newest, without listening anew at every frame.
  const live = useRef({ picture, whole, shown, look, about, low, high })
  live.current = { picture, whole, shown, look, about, low, high }

  useEffect(() => {
    const element = surface.current
    if (!element) return
    let start = { shown: live.current.shown, low: 0, high: 1 }
    return listenForGraphGestures(element, {
      onPoint: (at) => pointer.setState({ at }),
      onDrag: (dx, dy, begins) => {
        const now = live.current
        if (begins) start = { shown: now.shown, low: now.low, high: now.high }
        const { width } = now.picture.axis
        now.look.zoom(movedRange(start.shown, -(dx / width) * (start.shown.to - start.shown.from), now.whole))
        const scale = sequenceScale(now.picture)
        // The value axis follows the hand only where it was taken from its own course before.
        if (!scale || !isChosen.current) return
        const by = (dy / scale.height) * (start.high - start.low)
        setValues({ of: now.about, low: start.low + by, high: start.high + by })
      },
      onBox: (next, done) => {
        setBox(done ? undefined : next)
        if (!next || !done) return
        const { picture: now, look: to, about: of } = live.current
        const from = Math.round(now.axis.time(next.left))
        to.zoom({ from, to: Math.max(from + 1000, Math.round(now.axis.time(next.right))) })
        const scale = sequenceScale(now)
        if (scale && next.bottom <= scale.top + scale.height + 20) {
          setValues({ of, low: scale.value(next.bottom), high: scale.value(next.top) })
        }
      },
      onClick: (x, y) => {
        const found = pickAt(live.current.picture, { x, y })
        if (found) live.current.look.select(found.row)
      },
      onZoom: (factor, x, y, valuesOnly) => {
        const { picture: now, whole: all, shown: range, look: to, about: of } = live.current
        if (!valuesOnly) {
          to.zoom(zoomedRange(range, factor, now.axis.time(x), all))
          return
        }
        const scale = sequenceScale(now)
        if (!scale) return
        const at = scale.value(y)
        setValues({ of, low: at - (at - scale.low) * factor, high: at + (scale.high - at) * factor })
      },
      onScroll: (pixels) => {
        const { whole: all, shown: range, look: to, picture: now } = live.current
        to.zoom(movedRange(range, (pixels / now.axis.width) * now.axis.span, all))
      },
      onReset: () => live.current.look.all(),
    })
  }, [pointer, conversation === undefined])
  const isChosen = useRef(false)
  isChosen.current = chosen !== undefined

  /** To the packet of the conversation before or after the selected one. */
  async function step(by: 1 | -1): Promise<void> {
    if (!conversation) return
    const { id, count } = await session.engine.select({ conversation: conversation.id })
    const { index, found } = await session.engine.position(id, row ?? 0)
    const next = by === 1 ? (found && row !== undefined ? index + 1 : index) : index - 1
    const packet = (await session.engine.rows(id, Math.min(Math.max(0, next), count - 1), 1))[0]
    if (!packet) return
    look.select(packet.row)
    if (packet.time < shown.from || packet.time >= shown.to) {
      look.zoom(movedRange(shown, packet.time - (shown.from + shown.to) / 2, whole))
    }
  }

  function onKeyDown(event: React.KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const centre =
      marked && marked.time >= shown.from && marked.time < shown.to ? marked.time : (shown.from + shown.to) / 2
    const length = shown.to - shown.from
    const actions: Readonly<Record<string, () => void>> = {
      ArrowLeft: () => void step(-1),
      ArrowRight: () => void step(1),
      ArrowUp: () => look.zoom(zoomedRange(shown, 0.5, centre, whole)),
      ArrowDown: () => look.zoom(zoomedRange(shown, 2, centre, whole)),
      '+': () => look.zoom(zoomedRange(shown, 0.5, centre, whole)),
      '-': () => look.zoom(zoomedRange(shown, 2, centre, whole)),
      PageUp: () => look.zoom(movedRange(shown, -length * 0.8, whole)),
      PageDown: () => look.zoom(movedRange(shown, length * 0.8, whole)),
      Home: () => look.zoom(movedRange(shown, whole.from - shown.from, whole)),
      End: () => look.zoom(movedRange(shown, whole.to - shown.to, whole)),
      '0': look.all,
      d: () => view.change({ side: side === 'client' ? 'server' : 'client' }),
    }
    if (!Object.hasOwn(actions, event.key)) return
    event.preventDefault()
    actions[event.key]()
  }

  const zoomed = span !== undefined || chosen !== undefined
  return (
    <Pane title="Time-sequence graph" waiting={false}>
      {!conversation ? (
        subject === null && (
          <div className="conversation-empty">
            <NoSubject session={session} view={view} what="Here is drawn how its bytes went over the wire." />
          </div>
        )
      ) : (
        <div className="conversation-view">
          <div className="conversation-bar">
            <Choice label="Graph" options={SHOWN} value={plot} onChange={(next) => view.change({ plot: next })} />
            <button
              type="button"
              className="button small"
              title="The other direction (D)"
              onClick={() => view.change({ side: side === 'client' ? 'server' : 'client' })}
            >
              <ArrowLeftRight size={12} aria-hidden />
              {side === 'client' ? 'client to server' : 'server to client'}
            </button>
            <GraphLegend data={data} plot={plot} />
            {zoomed && (
              <button type="button" className="button small" title="All of the conversation (0)" onClick={look.all}>
                <Maximize2 size={11} aria-hidden /> {formatDuration(shown.to - shown.from)} of{' '}
                {formatDuration(whole.to - whole.from)}
              </button>
            )}
          </div>
          <div className="conversation-main">
            <div
              ref={surface}
              className="graph-plot"
              style={{ right: VALUES }}
              role="application"
              tabIndex={0}
              aria-label="Time-sequence graph"
              aria-describedby="graph-keys"
              onKeyDown={onKeyDown}
            >
              <canvas ref={canvas} aria-hidden style={drawn} />
            </div>
            <p id="graph-keys" className="aloud">
              Left and right go from packet to packet, up and down zoom, Page Up and Page Down move, D shows the other
              direction, 0 all of it.
            </p>
            <p className="aloud" role="status">
              {marked &&
                selected &&
                `Packet ${selected.frame}, ${formatSeconds(selected.time, 6)} seconds, ${selected.info}`}
            </p>
            {box && (
              <div
                className="graph-box"
                style={{ left: box.left, top: box.top, width: box.right - box.left, height: box.bottom - box.top }}
              />
            )}
            <Readout pointer={pointer} picture={picture} />
            {(error !== undefined || (answer?.about === about && !data)) && (
              <div className="graph-over">
                {error === undefined ? (
                  <EmptyState
                    title="No sequence numbers"
                    actions={[
                      { title: 'Show the ladder', run: () => view.change({ detail: 'ladder' }, 'push') },
                      { title: 'Show the packets', run: () => view.change({ detail: undefined }, 'push') },
                    ]}
                  >
                    Only TCP numbers its bytes; the list of packets and the ladder show this conversation.
                  </EmptyState>
                ) : (
                  <EmptyState tone="bad" title="The graph could not be drawn">
                    {error}
                  </EmptyState>
                )}
              </div>
            )}
          </div>
        </div>
      )}
    </Pane>
  )
}

/** The conversation's time, with a little room so that its first and last packet do not lie on the edge. */
function wholeOf(first: number, last: number): TimeRange {
  const room = Math.max(1000, Math.round((last - first) * 0.015))
  return { from: first - room, to: last + room }
}

function cutTo(range: TimeRange, whole: TimeRange): TimeRange {
  const from = Math.min(Math.max(range.from, whole.from), whole.to)
  const to = Math.min(range.to, whole.to)
  return to - from < 1000 ? whole : { from, to }
}
