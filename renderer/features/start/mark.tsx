import type { ReactNode } from 'react'

/** The mark: two hops, the second one lost on its way. */
export function Mark({ size = 40 }: { readonly size?: number }): ReactNode {
  return (
    <svg
      className="mark"
      width={size}
      height={size}
      viewBox="0 0 32 32"
      fill="none"
      strokeLinecap="round"
      strokeWidth={2.4}
      aria-hidden
    >
      <path stroke="currentColor" d="M4 20C6 9 14 9 16 20" />
      <path stroke="var(--loss)" strokeDasharray="0.1 4.1" d="M16 20C17.7 10.600 23.800 9.200 26.700 15.800" />
      <path stroke="currentColor" strokeWidth={3.2} d="M4 25.500h.01M16 25.500h.01M28 25.500h.01" />
    </svg>
  )
}
