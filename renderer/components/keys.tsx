import type { ReactNode } from 'react'

/** Keys as printed on the keyboard. */
export function Keys({ labels }: { readonly labels: readonly string[] }): ReactNode {
  return (
    <span className="keys">
      {labels.map((label) => (
        <kbd key={label}>{label}</kbd>
      ))}
    </span>
  )
}
