import type { LucideIcon } from 'lucide-react'
import type { ComponentProps, ReactNode } from 'react'

interface IconButtonProps extends Omit<ComponentProps<'button'>, 'aria-label' | 'children' | 'className' | 'type'> {
  readonly icon: LucideIcon
  /** In pixels. */
  readonly size?: number
  readonly label: string
}

/** A small button that is a picture; its title is its label, unless another is given. */
export function IconButton({ icon: Icon, size = 14, label, title = label, ...button }: IconButtonProps): ReactNode {
  return (
    <button type="button" className="icon-button small" aria-label={label} title={title} {...button}>
      <Icon size={size} aria-hidden />
    </button>
  )
}
