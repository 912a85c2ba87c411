/** Why a connection was reset, by number: 0 = it was not. In the order of kernel/tcp/resets.ts. */
export const RESET_CAUSES = [
  '',
  'refused',
  'after-fin',
  'data-unread',
  'mid-stream',
  'unknown-connection',
  'injected',
] as const
