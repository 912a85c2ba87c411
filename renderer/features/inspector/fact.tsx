import type { ReactNode } from 'react'

interface FactProps {
  readonly name: string
  readonly swatch?: string
  readonly children: ReactNode
}

/** A name and its value on one line of a `<dl class="facts">`. */
export function Fact({ name, swatch, children }: FactProps): ReactNode {
  return (
    <div>
      <dt>
        {swatch !== undefined && <i className="swatch" style={{ background: swatch }} aria-hidden />}
        {name}
      </dt>
      <dd>{children}</dd>
    </div>
  )
}
