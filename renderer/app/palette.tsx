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
  const matching = found([...inGroups(all), ...(text.trim() ? offered : [])], text)
  const listed = matching.slice(0, MOST)
  const index = Math.min(at, listed.length - 1)

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
        aria-activedescendant={listed[index] && `palette-${listed[index].id}`}
        placeholder="What do you want to do?"
        value={text}
        onChange={(event) => {
          setText(event.target.value)
          setAt(0)
        }}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') setAt((index + 1) % listed.length)
          else if (event.key === 'ArrowUp') setAt((index - 1 + listed.length) % listed.length)
          else if (event.key === 'Enter') run(listed[index])
          else return
          event.preventDefault()
        }}
      />
      <ul id="palette-list" role="listbox" aria-label="Commands">
        {listed.map((command, i) => (
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
        {listed.length === 0 && <li className="quiet">No command has these words.</li>}
      </ul>
    </Dialog>
  )
}

/** What one does with a capture first, then with the window. */
function inGroups(commands: ReadonlyMap<string, Command>): readonly Command[] {
  return COMMAND_GROUPS.flatMap((group) => [...commands.values()].filter((command) => command.group === group))
}

/** Those that can be run now and have all the words: in their titles first, then also in Wireshark's name or the group. */
export function found(commands: readonly Command[], text: string): readonly Command[] {
  const words = text.toLowerCase().split(/\s+/)
  const has = (written: string) => {
    // Who looks for "io graph" means I/O Graphs.
    const name = `${written} ${written.replaceAll('/', '')}`.toLowerCase()
    return words.every((word) => name.includes(word))
  }
  const matching = commands.filter(
    (command) => command.enabled?.() !== false && has(`${command.group} ${command.title} ${command.wireshark ?? ''}`),
  )
  const { byTitle = [], others = [] } = Object.groupBy(matching, ({ title }) => (has(title) ? 'byTitle' : 'others'))
  return [...byTitle, ...others]
}
