import {
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
  type ReactNode,
} from 'react'
import { useStore } from 'zustand'
import { createStore, type StoreApi } from 'zustand/vanilla'
import type { Finding } from '../../../common/model/finding.ts'
import type { CaptureFacts, Query } from '../../../engine/engine.ts'
import type { CaptureSession } from '../../app/capture-session.ts'
import type { TimeRange } from '../../app/view.ts'
import type { ViewStore } from '../../app/view-store.ts'
import { colors, subscribeColors } from '../../components/colors.ts'
import { formatClock, formatCounted, formatDuration, formatSeconds } from '../../components/format.ts'
import { MEASURES, measureName } from '../../components/measure-names.ts'
import { withCondition } from '../../components/filter-text.ts'
import { NoteMarksContext } from '../../components/note-marks.tsx'
import { queryOf } from '../../components/query-of.ts'
import { decimalsFor, niceStep } from '../../components/time-ticks.ts'
import { useAnswer } from '../../components/use-answer.ts'
import { type Draw, useDrawing, useInnerSize } from '../../components/use-drawing.ts'
import { drawLanes } from './draw-lanes.ts'
import { FindingTip } from './finding-tip.tsx'
import { findingAt, findingsIn, findingsOf, placeFindings, type PlacedFinding } from './findings-lane.ts'
import { listenForGestures } from './gestures.ts'
import { useZone } from '../../components/zone.ts'
import { Gutter } from './gutter.tsx'
import {
  AXIS,
  bucketAt,
  COUNT_LANES,
  bucketSummary,
  placeLanes,
  RULER,
  type ShownLanes,
  whyEmpty,
  withLatency,
} from './lane-specs.ts'
import { NoteLane } from './note-lane.tsx'
import { Overview } from './overview.tsx'
import { RangeOverlay } from './range-overlay.tsx'
import { bucketRaster, panned, TimeScale, untilLast, within, zoomed } from './time-scale.ts'
import './timeline.css'

export interface TimelineProps {
  readonly session: CaptureSession
  readonly view: ViewStore
  readonly facts: CaptureFacts
  readonly version: number
  /** Undefined until they are known. */
  readonly findings: readonly Finding[] | undefined
  /** So many more there are, that did less harm. */
  readonly omitted: number
  /** A time that something elsewhere in the window is about, as long as the pointer rests on it. */
  readonly pointed: StoreApi<{ readonly range: TimeRange | undefined }>
  /** Adds a condition to the display filter. */
  readonly onFilter: (condition: string) => void
}

const OVERVIEW = 24

/** The time axis: what happened when, and the brush that says which part of it everything below is about. */
export function Timeline({
  session,
  view,
  facts,
  version,
  findings,
  omitted,
  pointed,
  onFilter,
}: TimelineProps): ReactNode {
  const zone = useZone()
  const filter = useStore(view.store, (state) => state.filter)
  const conversation = useStore(view.store, (state) => state.conversation)
  const range = useStore(view.store, (state) => state.range)
  const zoom = useStore(view.store, (state) => state.zoom)
  const row = useStore(view.store, (state) => state.row)
  const measure = useStore(view.store, (state) => state.latency) ?? MEASURES[0]
  const palette = useSyncExternalStore(subscribeColors, colors)
  const plot = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const size = useInnerSize(plot)
  const [cursor] = useState(() => createStore<CursorStore>(() => ({ time: undefined, y: undefined })))

  const whole = useMemo<TimeRange>(
    () => ({ from: facts.firstTime, to: Math.max(facts.lastTime, facts.firstTime + 1_000_000) + 1 }),
    [facts.firstTime, facts.lastTime],
  )
  const shown = zoom ? within(zoom, whole) : whole
  const scale = useMemo(
    () => new TimeScale({ from: shown.from, to: shown.to }, size.width),
    [shown.from, shown.to, size.width],
  )
  const notes = useContext(NoteMarksContext)
  const places = useMemo(() => placeLanes(size.height), [size.height])

  const placed = useMemo(() => placeFindings(findingsOf(findings ?? [], conversation)), [findings, conversation])
  const latencyPlace = places.find(({ id }) => id === 'rtt')

  const query = queryOf({ filter, conversation })
  const raster = bucketRaster(scale, whole)
  const key =
    size.width > 0 && facts.packets > 0
      ? JSON.stringify([query, measure, raster.from, raster.buckets, raster.width, version])
      : undefined
  const { value: lanes, error } = useAnswer(key, () => shownLanes(query, raster.from, raster.to, raster.buckets))
  // Buckets rarely end where the range does, and percentiles can't be summed: the numbers at the side are asked for as one bucket.
  const about = untilLast(range ?? shown, facts.lastTime)
  const { value: total } = useAnswer(key && JSON.stringify([query, measure, about, version]), () =>
    shownLanes(query, about.from, about.to, 1),
  )
  const none = error === undefined ? total && whyEmpty(total) : filter ? 'The filter could not be applied' : error
  // A link may name a packet that is still to be read.
  const { value: marked } = useAnswer(row === undefined || row >= facts.packets ? undefined : String(row), () =>
    session.engine.packet(row ?? 0),
  )

  const draw = useCallback<Draw>(
    (context, { height }, font) => {
      drawLanes(context, {
        scale,
        places,
        height,
        lanes,
        findings: placed,
        epochNs: facts.epochNs,
        zone,
        colors: palette,
        font,
      })
      tellDrawn(lanes)
    },
    [scale, places, lanes, placed, facts.epochNs, zone, palette],
  )
  const drawn = { width: size.width && size.width + AXIS, height: size.height }
  useDrawing(canvas, drawn, draw)

  // What the listeners read: always the newest, without listening anew at every frame.
  const live = useRef({ scale, whole, range, lanes, places, placed, query })
  live.current = { scale, whole, range, lanes, places, placed, query }

  useEffect(() => {
    const element = plot.current
    if (!element) return
    return listenForGestures(element, {
      scale: () => live.current.scale,
      whole: () => live.current.whole,
      range: () => live.current.range,
      onCursor: (time, y) => {
        cursor.setState({ time, y })
      },
      onRange: (next, done) => {
        view.change({ range: next }, done ? 'push' : 'replace')
      },
      onZoom: (next) => {
        view.change({ zoom: next })
      },
      onClick: (time, y) => void goTo(time, y),
      onReset: () => {
        view.change(view.store.getState().zoom ? { zoom: undefined } : { range: undefined }, 'push')
      },
    })

    /** Selects the first packet of what stands under the pointer. */
    async function goTo(time: number, y: number): Promise<void> {
      const { scale: shownScale, lanes: data, places: lanePlaces, placed: shownFindings, query: asked } = live.current
      const place = lanePlaces.find(({ top, height }) => y >= top && y < top + height)
      if (place?.id === 'findings') {
        const at = findingAt(shownScale, place, shownFindings, shownScale.x(time), y)
        if (at)
          view.change(
            { list: 'findings', finding: at.finding.id, ...(at.evidence && { row: at.evidence.row }) },
            'push',
          )
        return
      }
      const bucket = data ? bucketAt(data, time) : -1
      if (!data || bucket < 0) return
      const width = (data.to - data.from) / data.buckets
      const from = data.from + bucket * width
      const lane = COUNT_LANES.find(({ id }) => id === place?.id)
      const wanted = lane && data[lane.id][bucket] > 0 && { filter: withCondition(asked.filter ?? '', lane.filter) }
      const found = await session.engine.firstPacket({ ...asked, ...wanted, from })
      if (found !== undefined) view.change({ row: found })
    }
  }, [cursor, session, view])

  // Set on the element, not rendered: the crosshair moves with every frame of the pointer.
  useEffect(
    () =>
      cursor.subscribe(({ time }) => {
        if (time === undefined || document.activeElement !== plot.current) return
        plot.current?.setAttribute('aria-valuenow', String(Math.round(time / 1e6)))
        plot.current?.setAttribute('aria-valuetext', spoken(live.current, time))
      }),
    [cursor],
  )

  async function shownLanes(asked: Query, from: number, to: number, buckets: number): Promise<ShownLanes> {
    const { engine } = session
    const answer = engine.lanes(asked, from, to, buckets)
    // Round trips are in the lanes already; only why there are none is not.
    if (measure !== MEASURES[0]) {
      const [counts, lane] = await Promise.all([answer, engine.latencyLane(asked, measure, from, to, buckets)])
      return withLatency(counts, measure, lane)
    }
    const counts = await answer
    const none = buckets === 1 && counts.rttSamples[0] === 0
    return withLatency(counts, measure, none ? await engine.latencyLane(asked, measure, from, to, 1) : undefined)
  }

  function onKeyDown(event: React.KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const at = cursor.getState().time ?? (scale.range.from + scale.range.to) / 2
    const step = (scale.span / scale.width) * 8
    const set = (time: number) => {
      const clamped = Math.min(Math.max(time, whole.from), whole.to)
      cursor.setState({ time: clamped, y: undefined })
      if (clamped < scale.range.from || clamped > scale.range.to) {
        view.change({ zoom: panned(scale.range, clamped - at, whole) })
      }
      return clamped
    }
    const extend = (time: number) => {
      const to = set(time)
      const anchor = range === undefined ? at : at === range.from ? range.to : range.from
      view.change({ range: within({ from: Math.min(anchor, to), to: Math.max(anchor, to) }, whole) })
    }
    const actions: Readonly<Record<string, () => void>> = {
      ArrowLeft: () => (event.shiftKey ? extend(at - step) : set(at - step)),
      ArrowRight: () => (event.shiftKey ? extend(at + step) : set(at + step)),
      PageUp: () => view.change({ zoom: panned(scale.range, -scale.span * 0.8, whole) }),
      PageDown: () => view.change({ zoom: panned(scale.range, scale.span * 0.8, whole) }),
      Home: () => set(whole.from),
      End: () => set(whole.to),
      ArrowUp: () => view.change({ zoom: zoomed(scale.range, 0.5, at, whole) }),
      ArrowDown: () => view.change({ zoom: zoomed(scale.range, 2, at, whole) }),
      Enter: () => range && view.change({ zoom: within(range, whole) }, 'push'),
      // With a selected time the window's own key notes on that.
      ...(!range && { m: () => notes.onAdd({ moment: at }) }),
    }
    if (!Object.hasOwn(actions, event.key)) return
    event.preventDefault()
    actions[event.key]()
  }

  return (
    <section className="timeline" aria-label="Time axis">
      <Gutter
        places={places}
        noted={notes.timed.length}
        lanes={lanes}
        findings={findings && placed}
        omitted={omitted}
        onList={(list) => view.change({ list }, 'push')}
        total={total}
        cursor={cursor}
        ranged={range !== undefined}
        onFilter={onFilter}
        measure={measure}
        epochNs={facts.epochNs}
        onMeasure={(name) => view.change({ latency: name === MEASURES[0] ? undefined : name }, 'push')}
      />
      <div className="timeline-main">
        {zoom && (
          <Overview
            session={session}
            query={query}
            whole={whole}
            shown={shown}
            version={version}
            placed={placed}
            view={view}
            height={OVERVIEW}
          />
        )}
        <div className="timeline-box">
          <div
            ref={plot}
            className="timeline-plot"
            style={{ right: AXIS }}
            role="slider"
            tabIndex={0}
            aria-label="Time"
            aria-orientation="horizontal"
            aria-valuemin={Math.round(whole.from / 1e6)}
            aria-valuemax={Math.round(whole.to / 1e6)}
            aria-valuenow={Math.round(shown.from / 1e6)}
            onKeyDown={onKeyDown}
            onFocus={() =>
              cursor.getState().time === undefined &&
              cursor.setState({ time: (shown.from + shown.to) / 2, y: undefined })
            }
            onBlur={() => cursor.setState({ time: undefined, y: undefined })}
          >
            <canvas ref={canvas} aria-hidden style={drawn} />
          </div>
          <NoteLane scale={scale} />
          {none !== undefined && latencyPlace && (
            <p className="timeline-none" style={{ top: latencyPlace.top, height: latencyPlace.height }}>
              {none}
            </p>
          )}
          <Pointed pointed={pointed} scale={scale} />
          <RangeOverlay scale={scale} range={range} view={view} />
          {marked && marked.time >= scale.range.from && marked.time <= scale.range.to && (
            <div className="timeline-mark" style={{ transform: `translateX(${Math.round(scale.x(marked.time))}px)` }} />
          )}
          <FindingTip
            cursor={cursor}
            scale={scale}
            place={places.find(({ id }) => id === 'findings')}
            placed={placed}
          />
          <Crosshair cursor={cursor} scale={scale} epochNs={facts.epochNs} />
        </div>
      </div>
    </section>
  )
}

/** For those who measure how soon a packet is seen: a mark of the browser's performance timeline, which is not kept. */
function tellDrawn(lanes: ShownLanes | undefined): void {
  const packets = lanes?.packets.reduce((sum, count) => sum + count, 0) ?? 0
  performance.mark('lanes drawn', { detail: packets })
  performance.clearMarks('lanes drawn')
}

interface CursorStore {
  readonly time: number | undefined
  /** Of the pointer, from the plot's top. */
  readonly y: number | undefined
}

function Pointed({
  pointed,
  scale,
}: {
  readonly pointed: TimelineProps['pointed']
  readonly scale: TimeScale
}): ReactNode {
  const range = useStore(pointed, (state) => state.range)
  if (!range || range.to < scale.range.from || range.from > scale.range.to) return null
  const left = Math.max(0, Math.round(scale.x(range.from)))
  const right = Math.min(scale.width, Math.round(scale.x(range.to)))
  return <div className="timeline-pointed" style={{ left, width: Math.max(2, right - left), top: RULER - 3 }} />
}

function Crosshair({
  cursor,
  scale,
  epochNs,
}: {
  readonly cursor: StoreApi<CursorStore>
  readonly scale: TimeScale
  readonly epochNs: string | undefined
}): ReactNode {
  const zone = useZone()
  const time = useStore(cursor, (state) => state.time)
  if (time === undefined || time < scale.range.from || time > scale.range.to) return null
  const x = Math.round(scale.x(time))
  const decimals = decimalsFor(niceStep(scale.span / scale.width))
  return (
    <div className="timeline-crosshair" style={{ transform: `translateX(${x}px)` }}>
      <div
        className={x > scale.width + AXIS - 190 ? 'timeline-time left' : 'timeline-time'}
        style={{ height: RULER - 1 }}
      >
        <span>{formatSeconds(time, decimals)} s</span>
        {epochNs !== undefined && <span>{formatClock(epochNs, time, zone, Math.min(decimals, 6))}</span>}
      </div>
    </div>
  )
}

interface Spoken {
  readonly lanes: ShownLanes | undefined
  readonly placed: readonly PlacedFinding[]
}

/** What a screen reader says of the moment under the crosshair. */
function spoken({ lanes, placed }: Spoken, time: number): string {
  const bucket = lanes ? bucketAt(lanes, time) : -1
  const parts = [`${formatSeconds(time, 3)} seconds`]
  if (lanes && bucket >= 0) {
    const found = bucketSummary(lanes, bucket)
    parts.push(formatCounted(found.packets, 'packet'))
    for (const { id, noun } of COUNT_LANES) if (found.counts[id] > 0) parts.push(formatCounted(found.counts[id], noun))
    for (const { title } of findingsIn(placed, found.from, found.from + found.span)) parts.push(title)
    if (!Number.isNaN(found.p99)) parts.push(`${measureName(lanes.measure)} p99 ${formatDuration(found.p99)}`)
  }
  return parts.join(', ')
}
