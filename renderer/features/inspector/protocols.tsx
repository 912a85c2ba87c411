import type { ReactNode } from 'react'
import type { CaptureFacts, ProtocolShare } from '../../../engine/engine.ts'
import type { CaptureSession } from '../../app/capture-session.ts'
import { formatBytes, formatCount, formatShare } from '../../components/format.ts'
import { useAnswer } from '../../components/use-answer.ts'

interface ProtocolsProps {
  readonly session: CaptureSession
  readonly facts: CaptureFacts
  readonly version: number
  readonly onFilter: (condition: string) => void
}

/** Which protocols are inside which, and how much of the capture they are: Wireshark's protocol hierarchy. */
export function Protocols({ session, facts, version, onFilter }: ProtocolsProps): ReactNode {
  const { value: shares } = useAnswer(String(version), () => session.engine.protocolHierarchy())
  return (
    <section>
      <h3 title="Protocol hierarchy, up to TCP and UDP. Requests of HTTP, DNS and others are under Latency.">
        Protocols
      </h3>
      <ul className="about-labels about-protocols">
        {withFilters(shares ?? []).map(({ name, depth, packets, bytes, filter }, i) => (
          <li key={`${i} ${name}`}>
            <button
              type="button"
              title={`${formatShare(packets, facts.packets)} of the packets. Filter on ${filter}`}
              onClick={() => onFilter(filter)}
            >
              <span style={{ paddingLeft: depth * 12 }}>{name}</span>
              <span className="number">{formatCount(packets)}</span>
              <span className="quiet">{formatBytes(bytes)}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** Each with the filter for it: all that it is inside of, but for the outermost, which nearly all packets have. */
function withFilters(shares: readonly ProtocolShare[]): readonly (ProtocolShare & { readonly filter: string })[] {
  const around: string[] = []
  return shares.map((share) => {
    around.splice(share.depth, Infinity, share.name)
    return { ...share, filter: [...new Set(around.slice(share.depth === 0 ? 0 : 1))].join(' && ') }
  })
}
