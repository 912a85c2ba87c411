import { useState, type ReactNode } from 'react'
import type { Query, RedactionKind } from '../../../engine/engine.ts'
import type { CaptureSession } from '../../app/capture-session.ts'
import { Dialog } from '../../components/dialog.tsx'
import { formatCounted, formatShare } from '../../components/format.ts'
import { useFrameNumber } from '../../components/frame-number.ts'
import { nameFor, saveAs } from '../../components/save-as.ts'
import { useAnswer } from '../../components/use-answer.ts'
import type { ExportRequest } from '../../worker/engine-service.ts'
import './export.css'

/** What can be exported; what there is none of is not offered. */
export interface ExportSources {
  /** What the lists show now; undefined when that is all. */
  readonly shown: Query | undefined
  /** Packets of the chosen finding, and its title. */
  readonly evidence: { readonly title: string; readonly rows: readonly number[] } | undefined
  /** The selected packet. */
  readonly row: number | undefined
}

export type ExportSource = 'all' | 'shown' | 'evidence' | 'packet'

export interface ExportPacketsProps {
  readonly session: CaptureSession
  readonly sources: ExportSources
  /** What is chosen at first. */
  readonly start: ExportSource
  /** The capture is still being read. */
  readonly reading: boolean
  readonly onDone: (said: string) => void
  readonly onClose: () => void
}

const REDACTIONS: readonly { readonly kind: RedactionKind; readonly title: string; readonly about: string }[] = [
  { kind: 'payload', title: 'Cut payloads', about: 'Headers stay, down to that of TCP, UDP or ICMP.' },
  {
    kind: 'names',
    title: 'Drop names and comments',
    about: 'Names of addresses and interfaces, comments, the capture filter.',
  },
  {
    kind: 'addresses',
    title: 'Replace addresses',
    about:
      'IP and MAC, each always by the same; subnets stay subnets. Takes payloads and names out too: both may hold addresses.',
  },
]

/** Packets as a capture of their own: which, in which format, and what is taken out before it is handed over. */
export function ExportPackets({ session, sources, start, reading, onDone, onClose }: ExportPacketsProps): ReactNode {
  const frameNumber = useFrameNumber()
  const isPart = session.part !== undefined
  const [source, setSource] = useState(start)
  const [format, setFormat] = useState<ExportRequest['format']>('pcapng')
  const [redact, setRedact] = useState<readonly RedactionKind[]>([])
  const [saving, setSaving] = useState(false)
  const [problem, setProblem] = useState<string>()
  const request: ExportRequest = { packets: packetsOf(sources, source), format, redact }
  const { value: facts, error } = useAnswer(JSON.stringify([source, redact]), () => session.engine.exportFacts(request))
  const impossible = format === 'pcap' && facts !== undefined && facts.lost === undefined
  const lost = format === 'pcap' ? (facts?.lost ?? []) : []
  const takesAll = redact.includes('addresses')

  async function save(): Promise<void> {
    if (saving) return
    setSaving(true)
    setProblem(undefined)
    try {
      const { file, packets, part, summary } = await session.engine.exportPackets(request)
      const name = nameFor(
        session.name,
        `${isPart ? `-from-${frameNumber(0)}` : ''}${source === 'all' ? '' : `-${source}`}${redact.length > 0 ? '-redacted' : ''}.${format}`,
      )
      saveAs(file, name)
      const found = part ? `, found in the first ${formatShare(part.looked, part.total)} of packets,` : ''
      onDone(
        `${formatCounted(packets, 'packet')}${found} exported as ${name}${summary === undefined ? '' : `; ${summary}`}`,
      )
      onClose()
    } catch (caught) {
      setProblem(caught instanceof Error ? caught.message : String(caught))
      setSaving(false)
    }
  }

  const choices: readonly { readonly value: ExportSource; readonly title: string }[] = [
    {
      value: 'all',
      title: reading ? 'All packets read so far' : isPart ? 'All packets of the part that is read' : 'All packets',
    },
    ...(sources.shown ? [{ value: 'shown' as const, title: 'What is filtered and selected now' }] : []),
    ...(sources.evidence ? [{ value: 'evidence' as const, title: `The evidence of "${sources.evidence.title}"` }] : []),
    ...(sources.row === undefined
      ? []
      : [{ value: 'packet' as const, title: `Only packet ${frameNumber(sources.row)}` }]),
  ]

  return (
    <Dialog
      title="Export packets"
      className="export"
      onSubmit={() => void save()}
      onClose={onClose}
      problem={problem ?? error}
      status={facts && formatCounted(facts.packets, 'packet')}
      actions={
        <>
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button
            type="submit"
            className="button primary"
            disabled={impossible || facts === undefined || facts.packets === 0}
            aria-disabled={saving}
          >
            {saving ? 'Exporting…' : 'Export'}
          </button>
        </>
      }
    >
      <fieldset>
        <legend>Which</legend>
        {choices.map(({ value, title }) => (
          <label key={value}>
            <input
              type="radio"
              name="source"
              checked={source === value}
              data-first-focus={source === value || undefined}
              onChange={() => setSource(value)}
            />
            {title}
          </label>
        ))}
        {facts?.part && (
          <p className="export-note">
            The search was stopped: these are what matches of the first{' '}
            {formatShare(facts.part.looked, facts.part.total)} of packets. <i>Go on</i> in the status bar finds the
            rest.
          </p>
        )}
      </fieldset>
      <fieldset>
        <legend>Format</legend>
        {(['pcapng', 'pcap'] as const).map((value) => (
          <label key={value}>
            <input type="radio" name="format" checked={format === value} onChange={() => setFormat(value)} />
            {value === 'pcapng' ? 'pcapng' : 'pcap, for tools that know no other'}
          </label>
        ))}
        {lost.length > 0 && <p className="export-note">A pcap can’t hold {lost.join(', ')}.</p>}
        {impossible && <p className="export-note">These packets have different link types, which a pcap can’t hold.</p>}
      </fieldset>
      <fieldset>
        <legend>Before handing over</legend>
        {REDACTIONS.map(({ kind, title, about }) => (
          <label key={kind}>
            <input
              type="checkbox"
              checked={redact.includes(kind) || takesAll}
              disabled={takesAll && kind !== 'addresses'}
              aria-describedby={`export-${kind}`}
              onChange={(event) =>
                setRedact(event.target.checked ? [...redact, kind] : redact.filter((one) => one !== kind))
              }
            />
            {title}
            <small id={`export-${kind}`}>{about}</small>
          </label>
        ))}
        <p className="export-note">TLS keys are never exported.</p>
      </fieldset>
    </Dialog>
  )
}

function packetsOf({ shown, evidence, row }: ExportSources, source: ExportSource): ExportRequest['packets'] {
  if (source === 'shown') return shown ?? {}
  if (source === 'evidence') return Uint32Array.from(new Set(evidence?.rows ?? []))
  if (source === 'packet') return Uint32Array.from(row === undefined ? [] : [row])
  return {}
}
