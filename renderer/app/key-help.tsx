import type { ReactNode } from 'react'
import { Dialog } from '../components/dialog.tsx'
import { Keys } from '../components/keys.tsx'
import { COMMAND_GROUPS, type CommandRegistry } from './commands.ts'
import { keyLabels } from './keys.ts'
import './dialogs.css'

type KeyList = readonly (readonly [string, readonly (readonly [string, string])[]])[]

/** What belongs to the thing that has the focus, not to the window: beside an open capture. */
const IN_CAPTURE: KeyList = [
  [
    'On the time axis',
    [
      ['Move the crosshair', '← →'],
      ['Select time', 'Shift ← →, or drag'],
      ['Zoom in, out', '↑ ↓, or wheel'],
      ['Zoom to the selected time', 'Enter'],
      ['Move the axis', 'Page ↑ ↓, or drag the ruler'],
      ['To its start, its end', 'Home End'],
      ['Note on the moment', 'M'],
      ['Reset', 'double click'],
    ],
  ],
  [
    'In lists',
    [
      ['Move', '↑ ↓ Page Home End'],
      ['Only this conversation; inside the packet; packets of the finding', 'Enter'],
      ['Copy the line', 'Ctrl C'],
      ['Menu', 'Shift F10'],
    ],
  ],
  [
    'In the display filter',
    [
      ['Apply', 'Enter'],
      ['Find the next packet that matches', 'Shift Enter'],
      ['Take back what was not applied, then go to the packets', 'Esc'],
      ['Choose what is proposed', '↑ ↓ Tab'],
    ],
  ],
  [
    'In the list of notes',
    [
      ['Show what it is on', 'Enter'],
      ['Edit; done, or as it was', 'E; Ctrl Enter, or Esc'],
      ['Delete', 'Delete'],
    ],
  ],
  [
    'In the time-sequence graph',
    [
      ['Packet before, after', '← →'],
      ['Zoom in, out', '↑ ↓, or wheel'],
      ['Zoom the sequence numbers', 'Alt wheel'],
      ['Zoom to a box', 'Shift drag'],
      ['Move', 'Page ↑ ↓, or drag'],
      ['The other direction', 'D'],
      ['All of it', '0, or double click'],
    ],
  ],
]

/** Beside a cluster's lists. */
const IN_CLUSTER: KeyList = [
  [
    'In lists',
    [
      ['Move', '↑ ↓ Page Home End'],
      ['Capture there', 'Enter'],
      ['Add to what is captured, or take off', 'Space'],
      ['Copy the name', 'Ctrl C'],
      ['Menu', 'Shift F10'],
    ],
  ],
  [
    'In the list of captures',
    [
      ['Open', 'Enter'],
      ['Delete', 'Delete'],
    ],
  ],
]

/** How the rows of the packet list are coloured, the worst first. */
const COLOURS: readonly (readonly [string, string])[] = [
  ['loss', 'Lost or sent again, or the window is closed'],
  ['reorder', 'Out of order, duplicate ACK, window full'],
  ['reset', 'Reset'],
  ['handshake', 'SYN or FIN'],
]

/** Every key, from the commands themselves, and what the colours mean. */
export function KeyHelp({
  commands,
  onClose,
}: {
  readonly commands: CommandRegistry
  readonly onClose: () => void
}): ReactNode {
  const known = commands.store.getState()
  const all = [...known.values()].filter((command) => command.keys !== undefined)
  const inCapture = known.has('filter.focus')
  const elsewhere = inCapture ? IN_CAPTURE : known.has('cluster.search') ? IN_CLUSTER : []
  return (
    <Dialog title={inCapture ? 'Keys and colours' : 'Keys'} className="key-sheet" light onClose={onClose}>
      {/* It scrolls in a low window: then the keys must reach it. */}
      <div className="key-scroll" tabIndex={0}>
        <div className="key-columns">
          {COMMAND_GROUPS.map((group) => {
            const listed = all.filter((command) => command.group === group)
            return (
              listed.length > 0 && (
                <section key={group}>
                  <h3>{group}</h3>
                  {listed.map((command) => (
                    <div key={command.id} className="key-line">
                      <span>{command.title}</span>
                      <Keys labels={keyLabels(command.keys?.[0] ?? '')} />
                    </div>
                  ))}
                </section>
              )
            )
          })}
          {elsewhere.map(([title, lines]) => (
            <section key={title}>
              <h3>{title}</h3>
              {lines.map(([what, how]) => (
                <div key={what} className="key-line">
                  <span>{what}</span>
                  <span className="quiet">{how}</span>
                </div>
              ))}
            </section>
          ))}
          {inCapture && (
            <section>
              <h3>Colours of packets</h3>
              {COLOURS.map(([colour, what]) => (
                <div key={colour} className="colour-line">
                  <i
                    style={{
                      background: `var(--${colour}-wash)`,
                      borderColor: `var(--${colour === 'handshake' ? 'line-strong' : colour})`,
                    }}
                    aria-hidden
                  />
                  {what}
                </div>
              ))}
            </section>
          )}
        </div>
      </div>
    </Dialog>
  )
}
