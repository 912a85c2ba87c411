/** What a conversation can lose time to. */
export const LOST_TIME_CAUSES = ['retransmission', 'syn-timeout', 'zero-window', 'reset'] as const
export type LostTimeCause = (typeof LOST_TIME_CAUSES)[number]
