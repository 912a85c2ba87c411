import { lazy, Suspense, useContext, useRef, useState, type MouseEvent, type ReactNode } from 'react'
import { useStore } from 'zustand'
import type { ConversationRow } from '../../../engine/engine.ts'
import type { CaptureSession } from '../../app/capture-session.ts'
import type { ViewStore } from '../../app/view-store.ts'
import { AddressItems } from '../../components/address-items.ts'
import { Address } from '../../components/address.tsx'
import { ContextMenu, type MenuPlace } from '../../components/context-menu.tsx'
import { formatBytes, formatCount, formatDuration, formatMilliseconds, formatSpan } from '../../components/format.ts'
import { isThin, percentileText, THIN_ABOUT } from '../../components/measure-names.ts'
import { harmColor, harmName } from '../../components/harm.ts'
import { useAnswer } from '../../components/use-answer.ts'
import { useInnerSize } from '../../components/use-drawing.ts'
import { Fact } from './fact.tsx'

// The chart library is larger than the rest of the interface: it comes when the first conversation is looked at.
const RttChart = lazy(() => import('./rtt-chart.tsx').then((module) => ({ default: module.RttChart })))

/** Pixels to the left and to the right of the chart. */
const PADDING = 24

const HALVES = [
  { measure: 'rtt client', name: 'client' },
  { measure: 'rtt server', name: 'server' },
] as const

interface ConversationViewProps {
  readonly session: CaptureSession
  readonly conversation: ConversationRow
  readonly version: number
  readonly view: ViewStore
}

/** What one conversation suffered, and how long its round trips took. */
export function ConversationView({ session, conversation: row, version, view }: ConversationViewProps): ReactNode {
  const partly = useStore(view.store, ({ range, filter }) => range !== undefined || filter !== '')
  const box = useRef<HTMLDivElement>(null)
  const { width } = useInnerSize(box)
  const itemsOf = useContext(AddressItems)
  const [menu, setMenu] = useState<MenuPlace>()
  const range = useStore(view.store, (state) => state.range)
  // How long the network took is asked of a time; what was lost and why is of the whole.
  const timed = { conversation: row.id, ...range }
  const asked = JSON.stringify([timed, version])
  const { value: histogram } = useAnswer(asked, () => session.engine.rttHistogram(timed))
  const { value: latencies = [] } = useAnswer(asked, () => session.engine.latencies(timed))

  function openMenu(event: MouseEvent, address: string): void {
    const items = itemsOf(address)
    if (items.length === 0) return
    event.preventDefault()
    setMenu({ x: event.clientX, y: event.clientY, items })
  }

  const samples = histogram ? histogram.counts.reduce((sum, count) => sum + count, 0) : 0
  return (
    <div ref={box} className="about" tabIndex={0} role="group" aria-label="Conversation">
      <div className="about-ends">
        <span className="about-end" onContextMenu={(event) => openMenu(event, row.addressA)}>
          <Address address={row.addressA} port={row.portA} />
        </span>
        <span className="about-end" onContextMenu={(event) => openMenu(event, row.addressB)}>
          <Address address={row.addressB} port={row.portB} />
        </span>
      </div>
      {menu && <ContextMenu {...menu} onClose={() => setMenu(undefined)} />}
      {partly && (
        <p className="quiet">
          The whole conversation, whatever filter and time are selected; round trips of that time.
        </p>
      )}

      {row.harmMs > 0 && (
        <section>
          <h3>
            Harm <b>{formatMilliseconds(row.harmMs)}</b>
          </h3>
          <div className="about-harm" aria-hidden>
            {row.harm.map(({ cause, ms }) => (
              <i key={cause} style={{ flexGrow: ms / row.harmMs, background: harmColor(cause) }} />
            ))}
          </div>
          <dl className="facts">
            {row.harm.map(({ cause, ms }) => (
              <Fact key={cause} name={harmName(cause)} swatch={harmColor(cause)}>
                {formatMilliseconds(ms)}
              </Fact>
            ))}
          </dl>
        </section>
      )}

      {row.transport === 'TCP' && (
        <section>
          <h3>Round trips {samples > 0 && <span className="quiet">{formatCount(samples)} samples</span>}</h3>
          {histogram && samples > 0 && width > PADDING && (
            <Suspense fallback={<div style={{ height: 120 }} />}>
              <RttChart histogram={histogram} width={width - PADDING} />
            </Suspense>
          )}
          <table className="directions">
            <thead>
              <tr>
                <th scope="col">To</th>
                <th scope="col">n</th>
                <th scope="col">p50</th>
                <th scope="col">p90</th>
                <th scope="col">p99</th>
              </tr>
            </thead>
            <tbody>
              {HALVES.map(({ measure, name }) => {
                const summary = latencies.find((each) => each.measure === measure)
                if (!summary || summary.count === 0) return null
                return (
                  <tr key={name}>
                    <th scope="row">{name}</th>
                    <td>{formatCount(summary.count)}</td>
                    <td>{percentileText(summary.p50)}</td>
                    <td>{percentileText(summary.p90)}</td>
                    <td className={isThin(summary) ? 'quiet' : ''} title={isThin(summary) ? THIN_ABOUT : undefined}>
                      {percentileText(summary.p99)}
                    </td>
                  </tr>
                )
              })}
            </tbody>
          </table>
          <dl className="facts">
            <Fact name="Initial RTT">{time(row.initialRttNs)}</Fact>
          </dl>
        </section>
      )}

      {row.transport === 'TCP' && (
        <section>
          <h3>Trouble</h3>
          <dl className="facts">
            <Fact name="Retransmissions">{count(row.retransmissions)}</Fact>
            <Fact name="SYN retransmissions">{count(row.synRetransmissions)}</Fact>
            <Fact name="Lost before the capture point">{count(row.lost)}</Fact>
            <Fact name="Duplicate ACKs">{count(row.duplicateAcks)}</Fact>
            <Fact name="Out of order">{count(row.outOfOrder)}</Fact>
            <Fact name="Zero windows">{count(row.zeroWindows)}</Fact>
            <Fact name="Resets">
              {count(row.resets)}
              {row.resetCause !== undefined && <span className="quiet"> {row.resetCause.replaceAll('-', ' ')}</span>}
            </Fact>
          </dl>
        </section>
      )}

      <section>
        <h3>Traffic</h3>
        <table className="directions">
          <thead>
            <tr>
              <th scope="col">Direction</th>
              <th scope="col">Packets</th>
              <th scope="col">Bytes</th>
            </tr>
          </thead>
          <tbody>
            <tr>
              <th scope="row">A → B</th>
              <td>{formatCount(row.packetsAB)}</td>
              <td>{formatBytes(row.bytesAB)}</td>
            </tr>
            <tr>
              <th scope="row">B → A</th>
              <td>{formatCount(row.packetsBA)}</td>
              <td>{formatBytes(row.bytesBA)}</td>
            </tr>
          </tbody>
        </table>
        <dl className="facts">
          <Fact name="Seen">
            <button
              type="button"
              className="link"
              title="Select the time of this conversation"
              onClick={() => view.change({ range: { from: row.firstTime, to: row.lastTime + 1 } }, 'push')}
            >
              {formatSpan(row.firstTime, row.lastTime)}
            </button>
          </Fact>
        </dl>
      </section>
    </div>
  )
}

function count(n: number): ReactNode {
  return n === 0 ? <span className="nothing">0</span> : formatCount(n)
}

function time(ns: number | undefined): ReactNode {
  return ns === undefined ? <span className="nothing">not seen</span> : formatDuration(ns)
}
