import { useState, type ReactNode } from 'react'
import { buildFilter, isAddress, readPorts, type FilterParts } from './build-filter.ts'

export interface FilterBuilderProps {
  /** Addresses of each chosen point. */
  readonly points: readonly (readonly string[])[]
  /** Addresses of a pod or service by its name or "namespace/name". */
  readonly addressesOf: (name: string) => readonly string[]
  readonly filter: string
  readonly onFilter: (filter: string) => void
  /** What tcpdump has against it; undefined when it was not asked or takes it. */
  readonly problem: string | undefined
  /** It was asked, and takes it. */
  readonly checked: boolean
}

type Parts = Pick<FilterParts, 'scope' | 'protocol' | 'ports'> & { readonly peer: string }
const NO_PARTS: Parts = { scope: 'all', protocol: 'any', ports: '', peer: '' }

/** BPF from the selection, or typed freely: what one types stays as it is until the builder is used again. */
export function FilterBuilder(props: FilterBuilderProps): ReactNode {
  const { points, addressesOf, filter, onFilter, problem, checked } = props
  const [parts, setParts] = useState<Parts>(NO_PARTS)
  const peer = peerAddresses(parts.peer, addressesOf)

  function change(change: Partial<Parts>): void {
    const next = { ...parts, ...change }
    setParts(next)
    onFilter(buildFilter({ ...next, points, peer: peerAddresses(next.peer, addressesOf) }))
  }

  return (
    <div className="filter-builder">
      <div className="filter-parts">
        <label>
          Traffic
          <select
            className="field"
            value={parts.scope}
            onChange={(event) => change({ scope: event.target.value === 'among' ? 'among' : 'all' })}
          >
            <option value="all">all at the points</option>
            <option value="among" disabled={points.length < 2}>
              only between the points
            </option>
          </select>
        </label>
        <label>
          Protocol
          <select
            className="field"
            value={parts.protocol}
            onChange={(event) => {
              const { value } = event.target
              change({ protocol: value === 'tcp' || value === 'udp' ? value : 'any' })
            }}
          >
            <option value="any">any</option>
            <option value="tcp">TCP</option>
            <option value="udp">UDP</option>
          </select>
        </label>
        <label>
          Ports
          <input
            type="text"
            className="field"
            placeholder="443, 8000-8100"
            aria-invalid={readPorts(parts.ports) === undefined}
            value={parts.ports}
            onChange={(event) => change({ ports: event.target.value })}
          />
        </label>
        <label>
          Other side
          <input
            type="text"
            className="field"
            placeholder="pod, service or address"
            aria-invalid={parts.peer !== '' && peer.length === 0}
            value={parts.peer}
            onChange={(event) => change({ peer: event.target.value })}
          />
        </label>
      </div>
      <textarea
        className="field mono"
        aria-label="Capture filter (BPF)"
        aria-invalid={problem !== undefined}
        placeholder="everything; or BPF as for tcpdump: tcp port 5432 and not host 10.0.0.1"
        rows={2}
        spellCheck={false}
        value={filter}
        onChange={(event) => onFilter(event.target.value)}
      />
      {problem !== undefined && (
        <p className="bad" role="alert">
          {problem}
        </p>
      )}
      {checked && problem === undefined && filter.trim() !== '' && <p className="good">tcpdump takes it.</p>}
    </div>
  )
}

function peerAddresses(text: string, addressesOf: (name: string) => readonly string[]): readonly string[] {
  const name = text.trim()
  if (name === '') return []
  return isAddress(name) ? [name] : addressesOf(name)
}
