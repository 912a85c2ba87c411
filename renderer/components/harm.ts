const CAUSES: Readonly<Record<string, { readonly name: string; readonly color: string }>> = {
  retransmission: { name: 'Retransmission waits', color: 'var(--loss)' },
  'syn-timeout': { name: 'SYN time-outs', color: 'var(--reorder)' },
  'zero-window': { name: 'Zero windows', color: 'var(--zero-window)' },
  reset: { name: 'Resets', color: 'var(--reset)' },
}

/** What a conversation lost time to, in words; causes are the engine's. */
export function harmName(cause: string): string {
  return CAUSES[cause]?.name ?? cause
}

export function harmColor(cause: string): string {
  return CAUSES[cause]?.color ?? 'var(--ink-3)'
}
