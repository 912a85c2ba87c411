import { Boxes, Command as CommandIcon, FolderOpen, Keyboard, Monitor, Moon, Sun } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Theme } from '../../common/contract.ts'
import type { CommandRegistry } from './commands.ts'

const THEME_ICONS = { system: Monitor, light: Sun, dark: Moon }

interface TopButtonsProps {
  readonly commands: CommandRegistry
  readonly theme: Theme
  readonly onClusters: () => void
  readonly onPalette: () => void
  readonly onKeys: () => void
  readonly onTheme: () => void
}

/** At the end of the top bar: what is there whatever is open. */
export function TopButtons({ commands, theme, onClusters, onPalette, onKeys, onTheme }: TopButtonsProps): ReactNode {
  const ThemeIcon = THEME_ICONS[theme]
  return (
    <div className="top-buttons">
      <IconButton label="Clusters and captures" onClick={onClusters}>
        <Boxes size={16} aria-hidden />
      </IconButton>
      <IconButton label="Open a capture" onClick={() => commands.run('capture.open')}>
        <FolderOpen size={16} aria-hidden />
      </IconButton>
      <IconButton label="All commands" onClick={onPalette}>
        <CommandIcon size={16} aria-hidden />
      </IconButton>
      <IconButton label="Keys and colours" onClick={onKeys}>
        <Keyboard size={16} aria-hidden />
      </IconButton>
      <IconButton label={`Theme: ${theme}`} onClick={onTheme}>
        <ThemeIcon size={16} aria-hidden />
      </IconButton>
    </div>
  )
}

interface IconButtonProps {
  readonly label: string
  readonly onClick: () => void
  readonly children: ReactNode
}

function IconButton({ label, onClick, children }: IconButtonProps): ReactNode {
  return (
    <button type="button" className="icon-button" aria-label={label} title={label} onClick={onClick}>
      {children}
    </button>
  )
}
