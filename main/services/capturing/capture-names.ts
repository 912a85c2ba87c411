import type { PointTarget } from '../../../common/model/live-capture.ts'

/** "web-7f9c_2026-11-21T05-40-12.pcapng": what and when, in letters that every file system takes. */
export function captureFileName(title: string, at: Date, again = 0): string {
  const what = title
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9.+-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '')
    .slice(0, 80)
  const when = at.toISOString().slice(0, 19).replaceAll(':', '-')
  return `${what || 'capture'}_${when}${again > 0 ? `_${again + 1}` : ''}.pcapng`
}

export const targetText = (target: PointTarget): string =>
  target.kind === 'pod' ? `${target.namespace}/${target.pod}` : `node ${target.node}`
