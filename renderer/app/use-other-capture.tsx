import { useEffect, useState, type ReactNode } from 'react'
import { useStore } from 'zustand'
import { ChooseCapture } from '../features/compare/choose-capture.tsx'
import type { CaptureSession } from './capture-session.ts'
import { chooseInBrowser } from './captures.ts'
import type { CommandRegistry } from './commands.ts'
import type { HostConnection } from './host.ts'
import { measureOther, type OtherState } from './other-capture.ts'
import { refText, type CaptureRef } from './view.ts'
import type { ViewStore } from './view-store.ts'

export interface OtherCapture {
  /** Undefined where two times of the open capture are compared. */
  readonly state: OtherState | undefined
  readonly choose: () => void
  readonly clear: () => void
  /** What is to be drawn over the workspace. */
  readonly dialog: () => ReactNode
}

interface Needed {
  readonly connection: HostConnection
  readonly session: CaptureSession
  readonly view: ViewStore
  readonly commands: CommandRegistry
}

/** The capture that the open one is compared with: chosen, read and measured. */
export function useOtherCapture({ connection, session, view, commands }: Needed): OtherCapture {
  const against = useStore(view.store, (state) => state.against)
  const [file, setFile] = useState<File>()
  const [state, setState] = useState<OtherState>()
  const [choosing, setChoosing] = useState(false)
  const { captures } = connection.host

  // A reference is made anew by each change of the view: its text tells whether it is another one.
  const key = against && refText(against)
  useEffect(() => {
    const { against: ref } = view.store.getState()
    setState(undefined)
    if (key === undefined || !ref) return
    const measuring = measureOther(connection, ref, file, setState)
    return () => measuring[Symbol.dispose]()
  }, [connection, view, key, file])

  useEffect(
    () =>
      commands.register([
        {
          id: 'capture.compare',
          title: 'Compare with another capture',
          group: 'Capture',
          run: () => setChoosing(true),
        },
      ]),
    [commands],
  )

  function use(ref: CaptureRef | undefined): void {
    setChoosing(false)
    view.change({ against: ref, list: 'compare' }, 'push')
  }

  async function chooseFile(): Promise<void> {
    const { hasFileDialog } = await connection.host.app.facts()
    if (hasFileDialog) {
      const source = await captures.chooseFile()
      if (source) use({ kind: 'host', id: source.id })
      return
    }
    const chosen = await chooseInBrowser()
    if (!chosen) return
    setFile(chosen)
    use({ kind: 'dropped', name: chosen.name })
  }

  return {
    state,
    choose: () => setChoosing(true),
    clear: () => use(undefined),
    dialog: () =>
      choosing && (
        <ChooseCapture
          host={connection}
          captures={captures}
          open={session.path}
          onSample={(name) => use({ kind: 'sample', name })}
          onPath={async (path) => use({ kind: 'host', id: (await captures.openFile(path)).id })}
          onFile={chooseFile}
          onClose={() => setChoosing(false)}
        />
      ),
  }
}
