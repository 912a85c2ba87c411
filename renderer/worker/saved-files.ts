import {
  type Engine,
  exportPcap,
  exportPcapng,
  lostInPcap,
  type ReadBytes,
  Redaction,
  reportDocument,
  reportHtml,
  reportMarkdown,
} from '../../engine/engine.ts'
import type { ExportFacts, ExportRequest, ReportRequest, SavedExport } from './engine-service.ts'

/** How much a piece holds before it is given to the browser, which keeps large ones on disk. */
const PIECE_BYTES = 4 << 20

export function exportFacts(engine: Engine, rows: Uint32Array, { redact }: Pick<ExportRequest, 'redact'>): ExportFacts {
  const lost = lostInPcap(engine, rows, redact.length > 0 ? redaction(redact) : undefined)
  return { packets: rows.length, ...(lost && { lost }) }
}

export async function exportedPackets(
  engine: Engine,
  rows: Uint32Array,
  read: ReadBytes,
  { format, redact }: Pick<ExportRequest, 'format' | 'redact'>,
): Promise<SavedExport> {
  const taken = redact.length > 0 ? redaction(redact) : undefined
  const pieces = format === 'pcap' ? exportPcap(engine, rows, read, taken) : exportPcapng(engine, rows, read, taken)
  return { file: await blobOf(pieces), packets: rows.length, ...(taken && { summary: taken.summary }) }
}

export async function report(engine: Engine, read: ReadBytes, { format, ...options }: ReportRequest): Promise<Blob> {
  const document = await reportDocument(engine, read, options)
  return format === 'html'
    ? new Blob([reportHtml(document)], { type: 'text/html' })
    : new Blob([reportMarkdown(document)], { type: 'text/markdown' })
}

function redaction(kinds: ExportRequest['redact']): Redaction {
  return new Redaction(kinds, (bytes) => void crypto.getRandomValues(bytes))
}

async function blobOf(pieces: AsyncIterable<Uint8Array>): Promise<Blob> {
  const parts: Blob[] = []
  let waiting: BlobPart[] = []
  let bytes = 0
  const put = () => {
    parts.push(new Blob(waiting))
    waiting = []
    bytes = 0
  }
  for await (const piece of pieces) {
    waiting.push(new Uint8Array(piece))
    bytes += piece.length
    if (bytes >= PIECE_BYTES) put()
  }
  put()
  return new Blob(parts, { type: 'application/octet-stream' })
}
