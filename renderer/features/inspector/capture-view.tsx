import { Fragment, type ReactNode } from 'react'
import { LABELS } from './labels.ts'
import type { CaptureFacts } from '../../../engine/engine.ts'
import type { CaptureSession } from '../../app/capture-session.ts'
import {
  formatBitRate,
  formatBytes,
  formatClock,
  formatCount,
  formatCounted,
  formatDate,
  formatDuration,
  formatShare,
  formatZone,
} from '../../components/format.ts'
import { useZone } from '../../components/zone.ts'
import { LABEL_NAMES, LABEL_TONES } from '../../components/label-names.ts'
import { Fact } from './fact.tsx'
import { Protocols } from './protocols.tsx'
import { Remarks } from './remarks.tsx'

interface CaptureViewProps {
  readonly session: CaptureSession
  readonly facts: CaptureFacts
  readonly version: number
  readonly onFilter: (condition: string) => void
}

/** LINKTYPE_ values that are met in clusters; others keep their number. */
const LINK_TYPES: Readonly<Record<number, string>> = {
  0: 'Loopback',
  1: 'Ethernet',
  101: 'Raw IP',
  105: 'Wi-Fi',
  108: 'Loopback',
  113: 'Linux cooked',
  127: 'Wi-Fi with radiotap',
  228: 'Raw IPv4',
  229: 'Raw IPv6',
  276: 'Linux cooked v2',
}

/** By the interface and by the system, for want of time; undefined where neither is said. */
function droppedBy({ statistics = {} }: CaptureFacts['interfaces'][number]): number | undefined {
  const { dropped, osDropped } = statistics
  return dropped === undefined && osDropped === undefined ? undefined : (dropped ?? 0) + (osDropped ?? 0)
}

/** The capture as a whole: what it is, how complete it is, and which labels its packets carry. */
export function CaptureView({ session, facts, version, onFilter }: CaptureViewProps): ReactNode {
  const zone = useZone()
  const { path } = session
  const seconds = (facts.lastTime - facts.firstTime) / 1e9
  const labels = LABELS.filter((label) => facts.labels[label] > 0)
  return (
    <div className="about" tabIndex={0} role="group" aria-label="Capture">
      <dl className="facts">
        {path !== undefined && (
          <Fact name="File">
            <span className="about-path">{brokenAtFolders(path)}</span>
          </Fact>
        )}
        <Fact name="Format">
          {facts.format ?? 'unknown'}
          {facts.compression !== 'none' && `, ${facts.compression}`}
        </Fact>
        {facts.packets > 0 ? (
          <Fact name="Packets">{formatCount(facts.packets)}</Fact>
        ) : (
          facts.complete && <Fact name="Size">{formatBytes(facts.bytesRead)}</Fact>
        )}
        {facts.part && facts.packets > 0 && (
          <Fact name="Part of the file">
            packets {formatCount(facts.part.before + 1)} to {formatCount(facts.part.before + facts.packets)}
          </Fact>
        )}
        {facts.packets > 0 && (
          <Fact name="On the wire">
            {formatBytes(facts.wireBytes)}
            {seconds > 0 && <span className="quiet">, {formatBitRate((facts.wireBytes * 8) / seconds)}</span>}
          </Fact>
        )}
        {facts.epochNs !== undefined && (
          <>
            <Fact name="First packet">
              {formatDate(facts.epochNs, facts.firstTime, zone)} {formatClock(facts.epochNs, facts.firstTime, zone, 3)}{' '}
              <span className="quiet">{formatZone(facts.epochNs, facts.firstTime, zone)}</span>
            </Fact>
            <Fact name="Last packet">
              {formatDate(facts.epochNs, facts.lastTime, zone)} {formatClock(facts.epochNs, facts.lastTime, zone, 3)}{' '}
              <span className="quiet">{formatZone(facts.epochNs, facts.lastTime, zone)}</span>
            </Fact>
            <Fact name="Duration">{formatDuration(facts.lastTime - facts.firstTime)}</Fact>
          </>
        )}
        {facts.cutPackets > 0 && (
          <Fact name="Cut by the snap length">
            {formatCount(facts.cutPackets)}{' '}
            <span className="quiet">{formatShare(facts.cutPackets, facts.packets)}</span>
          </Fact>
        )}
      </dl>

      {facts.packets > 0 && (
        <section>
          <h3>Labels</h3>
          {labels.length === 0 ? (
            <p className="quiet">
              {facts.complete ? 'None: no retransmission, no gap, no closed window (tcp.analysis).' : 'None so far.'}
            </p>
          ) : (
            <ul className="about-labels">
              {labels.map((label) => (
                <li key={label}>
                  <button
                    type="button"
                    title={`Filter on tcp.analysis.${label}`}
                    onClick={() => onFilter(`tcp.analysis.${label}`)}
                  >
                    <i className={`swatch tone-${LABEL_TONES[label]}`} aria-hidden />
                    {LABEL_NAMES[label]}
                    <span className="number">{formatCount(facts.labels[label])}</span>
                  </button>
                </li>
              ))}
            </ul>
          )}
          {labels.length > 0 && facts.verdicts.copy > 0 && (
            <p className="quiet about-copies">
              Labels know no copies: {formatCounted(facts.verdicts.copy, 'packet')} here{' '}
              {facts.verdicts.copy === 1 ? 'was' : 'were'} captured twice, not sent again.
            </p>
          )}
        </section>
      )}

      {facts.packets > 0 && <Protocols session={session} facts={facts} version={version} onFilter={onFilter} />}

      {facts.interfaces.length > 0 && (
        <section>
          <h3>{facts.interfaces.length === 1 ? 'Interface' : formatCounted(facts.interfaces.length, 'interface')}</h3>
          {facts.interfaces.map((one) => (
            <dl key={one.id} className="facts about-interface">
              <Fact name={one.name ?? `Interface ${one.id}`}>
                <span className="quiet">{LINK_TYPES[one.linkType] ?? `link type ${one.linkType}`}</span>
              </Fact>
              {one.description !== undefined && (
                <Fact name="Description">
                  <span className="about-path">{one.description}</span>
                </Fact>
              )}
              {one.filter !== undefined && (
                <Fact name="Capture filter">
                  <span className="mono">{one.filter}</span>
                </Fact>
              )}
              {one.snapLength > 0 && <Fact name="Snap length">{formatCount(one.snapLength)} bytes</Fact>}
              {droppedBy(one) !== undefined && (
                <Fact name="Dropped while capturing">
                  <span className={droppedBy(one) === 0 ? '' : 'warn'}>{formatCount(droppedBy(one) ?? 0)}</span>
                </Fact>
              )}
              {one.remarks && <Remarks remarks={one.remarks} epochNs={facts.epochNs} />}
            </dl>
          ))}
        </section>
      )}
    </div>
  )
}

/** A path that is broken into lines between folders where that is possible. */
function brokenAtFolders(path: string): ReactNode {
  return path.split(/(?<=[\\/])/).map((part, i) => (
    <Fragment key={i}>
      {i > 0 && <wbr />}
      {part}
    </Fragment>
  ))
}
