/** The colour of a cause of harm; causes are the engine's words. */
export function harmColor(cause: string): string {
  const text = cause.toLowerCase()
  if (text.includes('zero') || text.includes('window')) return 'var(--zero-window)'
  if (text.includes('reset') || text.includes('refused')) return 'var(--reset)'
  if (text.includes('syn') || text.includes('handshake')) return 'var(--reorder)'
  if (text.includes('retransmission') || text.includes('rto') || text.includes('loss')) return 'var(--loss)'
  return 'var(--ink-3)'
}
