import { useEffect, useState, type ReactNode } from 'react'
import type { CaptureFacts } from '../../engine/engine.ts'
import { ChoosePart } from '../features/part/index.tsx'
import type { CaptureSession } from './capture-session.ts'
import type { CommandRegistry } from './commands.ts'
import { preferences } from './preferences.ts'
import { NOTHING_SELECTED } from './captures.ts'
import type { ViewStore } from './view-store.ts'

interface Needed {
  readonly session: CaptureSession
  readonly view: ViewStore
  readonly commands: CommandRegistry
  readonly facts: CaptureFacts | undefined
}

/** Which part of the capture is read, and the dialog to choose another. */
export function usePart({ session, view, commands, facts }: Needed): {
  readonly choose: () => void
  /** What is to be drawn over the workspace. */
  readonly dialog: () => ReactNode
} {
  const [choosing, setChoosing] = useState(false)

  useEffect(
    () =>
      commands.register([
        {
          id: 'capture.part',
          title: 'Part of the capture',
          group: 'Capture',
          keys: ['Shift+P'],
          run: () => setChoosing(true),
        },
      ]),
    [commands],
  )

  // Whoever sees only the beginning will want to go on; whoever asks for the dialog needs it.
  const needed = choosing || facts?.unread !== undefined
  useEffect(() => {
    if (needed) session.overview.start()
  }, [session, needed])

  return {
    choose: () => setChoosing(true),
    dialog: () =>
      choosing &&
      facts && (
        <ChoosePart
          session={session}
          facts={facts}
          most={facts.unread ? facts.packets : preferences.getState().maxPackets}
          onChoose={(part) => {
            setChoosing(false)
            view.change({ ...NOTHING_SELECTED, part }, 'push')
          }}
          onClose={() => setChoosing(false)}
        />
      ),
  }
}
