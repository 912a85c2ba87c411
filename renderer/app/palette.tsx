import { useState, type ReactNode } from 'react'
import { useStore } from 'zustand'
import { Dialog } from '../components/dialog.tsx'
import { Keys } from '../components/keys.tsx'
import { COMMAND_GROUPS, type Command, type CommandRegistry } from './commands.ts'
import { keyLabels } from './keys.ts'

/** As many as anybody reads; a cluster has thousands of pods. */
const MOST = 100

/** Every command by name, for those who know what they want and not where it is. */
export function Palette({
  commands,
  onClose,
}: {
  readonly commands: CommandRegistry
  readonly onClose: () => void
}): ReactNode {
  const all = useStore(commands.store)
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const [offered] = useState(() => commands.offered())
  const matching = [...inGroups(all), ...(text.trim() ? offered : [])].filter(
    (command) => command.enabled?.() !== false && matches(command, text),
  )
  const found = matching.slice(0, MOST)
  const index = Math.min(at, found.length - 1)

  function run(command: Command | undefined): void {
    if (!command) return
    onClose()
    // After the dialog has given the focus back: many commands move it.
    requestAnimationFrame(() => command.run())
  }

  return (
    <Dialog title="Commands" bare className="palette" light onClose={onClose}>
      <input
        type="text"
        role="combobox"
        aria-label="Command"
        aria-expanded
        aria-controls="palette-list"
        aria-activedescendant={found[index] && `palette-${found[index].id}`}
        placeholder="What do you want to do?"
        value={text}
        onChange={(event) => {
          setText(event.target.value)
          setAt(0)
        }}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') setAt((index + 1) % found.length)
          else if (event.key === 'ArrowUp') setAt((index - 1 + found.length) % found.length)
          else if (event.key === 'Enter') run(found[index])
          else return
          event.preventDefault()
        }}
      />
      <ul id="palette-list" role="listbox" aria-label="Commands">
        {found.map((command, i) => (
          <li
            key={command.id}
            id={`palette-${command.id}`}
            role="option"
            aria-selected={i === index}
            ref={(element) => (i === index ? element?.scrollIntoView({ block: 'nearest' }) : undefined)}
            onClick={() => run(command)}
          >
            <span className="palette-group">{command.group}</span>
            <span>{command.title}</span>
            {command.wireshark !== undefined && <span className="quiet">Wireshark: {command.wireshark}</span>}
            {command.keys?.[0] !== undefined && <Keys labels={keyLabels(command.keys[0])} />}
          </li>
        ))}
        {matching.length > MOST && (
          <li className="quiet">{matching.length - MOST} more have these words: type another one.</li>
        )}
        {found.length === 0 && <li className="quiet">No command has these words.</li>}
      </ul>
    </Dialog>
  )
}

/** What one does with a capture first, then with the window. */
function inGroups(commands: ReadonlyMap<string, Command>): readonly Command[] {
  return COMMAND_GROUPS.flatMap((group) => [...commands.values()].filter((command) => command.group === group))
}

function matches(command: Command, text: string): boolean {
  const written = `${command.group} ${command.title} ${command.wireshark ?? ''}`.toLowerCase()
  // Who looks for "io graph" means I/O Graphs.
  const name = `${written} ${written.replaceAll('/', '')}`
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => name.includes(word))
}
