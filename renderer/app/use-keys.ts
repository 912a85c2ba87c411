import { useEffect, useState } from 'react'
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import type { SessionState } from './capture-session.ts'
import type { Captures } from './captures.ts'
import type { CommandRegistry } from './commands.ts'
import { KeysAhead } from './keys-ahead.ts'
import { listenForKeys, typeKey } from './keys.ts'

const NO_SESSION = createStore<Pick<SessionState, 'drawn' | 'crash'>>(() => ({
  drawn: false,
  crash: undefined,
}))

/** Runs commands from keys. Those pressed while a capture is being opened wait for it: see KeysAhead. */
export function useKeys(commands: CommandRegistry, captures: Captures): void {
  const [ahead] = useState(() => new KeysAhead((press) => typeKey(window, press)))
  const state = useStore(captures.store)
  const stage = useStore(state.kind === 'open' ? state.session.progress : NO_SESSION, ({ drawn, crash }) =>
    drawn ? 'ready' : crash === undefined && (state.kind === 'open' || state.kind === 'opening') ? 'opening' : 'none',
  )
  useEffect(() => listenForKeys(window, commands, ahead), [commands, ahead])
  // The window's effects come after those of what is in it: when it is ready its commands and its filter are there.
  useEffect(() => {
    if (stage === 'opening') ahead.hold()
    else if (stage === 'ready') void ahead.release()
    else ahead.drop()
  }, [stage, ahead])
}
