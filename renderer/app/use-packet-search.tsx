import { useCallback, useEffect, useRef, useState, type ReactNode } from 'react'
import type { CaptureFacts } from '../../engine/engine.ts'
import { Dialog } from '../components/dialog.tsx'
import { formatCount } from '../components/format.ts'
import { isSearching, type CaptureSession } from './capture-session.ts'
import type { CommandRegistry } from './commands.ts'
import { failureText, goToRow, rowOfFrame, stepTo, type Step } from './packet-search.ts'
import type { ViewStore } from './view-store.ts'

interface Needed {
  readonly session: CaptureSession
  readonly view: ViewStore
  readonly commands: CommandRegistry
  readonly facts: CaptureFacts | undefined
  readonly focusFilter: () => void
  readonly announce: (text: string) => void
}

const TROUBLE = '(tcp.analysis.flags || tcp.flags.reset == 1)'

/** From packet to packet: by number, to the next that a display filter matches, to the next with trouble. Nothing is hidden by it. */
export function usePacketSearch({ session, view, commands, facts, focusFilter, announce }: Needed): {
  /** Selects the next packet that matches, and remembers the filter for the commands. */
  readonly find: (filter: string, step: 1 | -1) => void
  /** What is to be drawn over the workspace. */
  readonly dialog: () => ReactNode
} {
  const [going, setGoing] = useState(false)
  const sought = useRef('')

  const say = useCallback((words: string | undefined) => words !== undefined && announce(words), [announce])
  const step = useCallback(
    (condition: string, direction: 1 | -1, none: string) => {
      const told = (came: Step) => {
        if (came === 'none at all') announce(none)
        else if (came === 'none there') announce(direction === 1 ? 'That was the last one' : 'That was the first one')
      }
      stepTo(session, view, condition, direction).then(told, (error: unknown) => say(failureText(error)))
    },
    [session, view, announce, say],
  )

  const find = useCallback(
    (filter: string, direction: 1 | -1) => {
      sought.current = filter
      step(`(${filter})`, direction, `None of the packets shown matches ${filter}`)
    },
    [step],
  )

  useEffect(() => {
    const again = (direction: 1 | -1) => {
      if (sought.current) return find(sought.current, direction)
      focusFilter()
      announce('Type a display filter; Shift Enter finds the next packet that matches')
    }
    const trouble = (direction: 1 | -1) =>
      step(TROUBLE, direction, 'None of the packets shown carries a label or a reset')
    return commands.register([
      { id: 'go.packet', title: 'Go to packet', group: 'Go', keys: ['Ctrl+G'], run: () => setGoing(true) },
      {
        id: 'go.find-next',
        title: 'Find next',
        wireshark: 'Find Packet',
        group: 'Go',
        keys: ['F3', 'Ctrl+N'],
        run: () => again(1),
      },
      {
        id: 'go.find-previous',
        title: 'Find previous',
        wireshark: 'Find Packet',
        group: 'Go',
        keys: ['Shift+F3', 'Ctrl+B'],
        run: () => again(-1),
      },
      {
        id: 'filter.stop',
        title: 'Stop searching, keep what was found',
        group: 'Filter',
        keys: ['Escape'],
        enabled: () => isSearching(session),
        run: () => session.stopSearch(),
      },
      {
        id: 'filter.go-on',
        title: 'Go on searching',
        group: 'Filter',
        enabled: () => session.progress.getState().search?.stoppedWith !== undefined,
        run: () => session.goOnSearching(),
      },
      { id: 'go.next-trouble', title: 'Next packet with trouble', group: 'Go', keys: ['N'], run: () => trouble(1) },
      {
        id: 'go.last-trouble',
        title: 'Previous packet with trouble',
        group: 'Go',
        keys: ['Shift+N', 'P'],
        run: () => trouble(-1),
      },
    ])
  }, [commands, session, step, find, focusFilter, announce])

  function goTo(row: number): void {
    setGoing(false)
    void goToRow(session, view, row).then(say)
  }

  return {
    find,
    dialog: () => going && facts && <GoToPacket facts={facts} onGo={goTo} onClose={() => setGoing(false)} />,
  }
}

interface GoToPacketProps {
  readonly facts: CaptureFacts
  readonly onGo: (row: number) => void
  readonly onClose: () => void
}

function GoToPacket({ facts: { packets, part }, onGo, onClose }: GoToPacketProps): ReactNode {
  const [text, setText] = useState('')
  const before = part?.before ?? 0
  const wanted = rowOfFrame(text, before, packets)
  return (
    <Dialog
      title="Go to packet"
      bare
      className="palette"
      light
      onSubmit={() => {
        if ('row' in wanted) onGo(wanted.row)
      }}
      onClose={onClose}
    >
      <input
        inputMode="numeric"
        aria-label="Number of the packet"
        aria-describedby="go-to-packet-about"
        aria-invalid={text !== '' && 'problem' in wanted}
        autoComplete="off"
        placeholder={`Go to packet ${formatCount(before + 1)} to ${formatCount(before + packets)}`}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <p id="go-to-packet-about" className="palette-about" role="status">
        {text !== '' && 'problem' in wanted ? wanted.problem : 'Enter goes there.'}
      </p>
    </Dialog>
  )
}
