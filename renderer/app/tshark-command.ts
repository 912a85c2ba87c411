import type { CaptureFacts } from '../../engine/engine.ts'
import { shellLine } from '../components/shell-quote.ts'

/**
 * What shows in a terminal the packets of the file that match. Streams of a part are numbered within it, so tshark is given just that part
 * where the condition names one.
 */
export function tsharkCommand(file: string, condition: string, facts: CaptureFacts | undefined): string {
  const tshark = (input: string) => shellLine(['tshark', '-r', input, ...(condition ? ['-Y', condition] : [])])
  if (!facts?.part || !/\b(tcp|udp)\.stream\b/.test(condition)) return tshark(file)
  const { before } = facts.part
  const frames = `${before + 1}-${before + facts.packets}`
  return `${shellLine(['hopscope', 'export', file, '--frames', frames, '-o', '-'])} | ${tshark('-')}`
}
