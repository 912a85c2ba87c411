import { Columns2, Plus, Settings2, X } from 'lucide-react'
import { useEffect, useState, useSyncExternalStore, type ReactNode } from 'react'
import { useStore } from 'zustand'
import { IconButton } from '../../components/icon-button.tsx'
import type { HostConnection } from '../../app/host.ts'
import type { TerminalTarget } from '../../../common/model/terminal.ts'
import type { MarkedTime } from './marked-lines.ts'
import { FONT_SIZES, SCROLLBACKS, terminalPreferences } from './preferences.ts'
import { newLocal, type Drawer } from './state.ts'
import { TerminalView } from './terminal-view.tsx'
import './terminals.css'

export type { MarkedTime } from './marked-lines.ts'
export { createDrawer, type Drawer } from './state.ts'

interface TerminalsProps {
  readonly connection: HostConnection
  readonly drawer: Drawer
  /** What a new terminal leads to when nothing else was said. */
  readonly usual: TerminalTarget
  /** The capture that is open, if the host has it: recordings are kept beside it. */
  readonly capture: string | undefined
  readonly marked: MarkedTime | undefined
  readonly onCommand: ((text: string, at: number) => Promise<void>) | undefined
}

/** The drawer with the terminals: tabs, and in each terminals side by side. */
export function Terminals({ connection, drawer, usual, capture, marked, onCommand }: TerminalsProps): ReactNode {
  const { open, tabs, shown, focused, facts, asked } = useStore(drawer.store)
  const connected = useSyncExternalStore(
    (listener) => connection.onStatus(listener),
    () => connection.status().state === 'connected',
  )
  const [settings, setSettings] = useState(false)
  const [announcement, announce] = useState('')
  useEffect(() => {
    const timer = setTimeout(() => announce(''), 6000)
    return () => {
      clearTimeout(timer)
    }
  }, [announcement])

  const factsOf = (id: string | undefined) => facts?.find((one) => one.id === id)
  const focusedSlot = tabs.flatMap(({ slots }) => slots).find(({ key }) => key === focused)
  const sameAgain = factsOf(focusedSlot?.id)?.target ?? focusedSlot?.target ?? usual
  return (
    <div className="terminals" aria-label="Terminals" role="region">
      <div className="terminals-head">
        <div className="terminals-tabs" role="tablist" aria-label="Terminals">
          {tabs.map(({ key, slots }) => {
            const names = slots.map(({ id }) => factsOf(id)?.title ?? 'Opening')
            const isRecorded = slots.some(({ id }) => factsOf(id)?.recording !== undefined)
            return (
              <button
                key={key}
                type="button"
                role="tab"
                aria-selected={key === shown}
                className={isRecorded ? 'recorded' : undefined}
                title={`${names.join(' | ')}${isRecorded ? ', being recorded' : ''}`}
                onClick={() => drawer.show(key)}
              >
                {names.join(' | ')}
              </button>
            )
          })}
        </div>
        <span className="terminals-word" role="status">
          {announcement}
        </span>
        <IconButton
          icon={Plus}
          label="New terminal"
          title="New terminal on this machine"
          onClick={() => drawer.add(newLocal(usual, sameAgain))}
        />
        <IconButton
          icon={Columns2}
          label="Split"
          title="Another terminal to the same place, beside this one"
          disabled={tabs.length === 0}
          onClick={() => drawer.add(sameAgain, true)}
        />
        <IconButton
          icon={Settings2}
          label="Terminal settings"
          aria-expanded={settings}
          title="Settings"
          onClick={() => setSettings(!settings)}
        />
        <IconButton
          icon={X}
          label="Hide the terminals"
          title="Hide; the shells go on (Ctrl+`)"
          onClick={() => drawer.hide()}
        />
      </div>
      {settings && <TerminalSettings />}
      {tabs.length === 0 && (
        <p className="terminals-none">
          No terminal is open. <button onClick={() => drawer.add(usual)}>Open a shell on this machine</button>, or one
          in a pod or on a node from the cluster’s lists.
        </p>
      )}
      <div className="terminals-body">
        {tabs.flatMap(({ key, slots }) =>
          slots.map((slot) => (
            <TerminalView
              key={slot.key}
              host={connection.host}
              drawer={drawer}
              slot={slot}
              facts={factsOf(slot.id)}
              shown={key === shown}
              alone={slots.length === 1}
              focused={slot.key === focused}
              asked={open ? asked : 0}
              connected={connected}
              capture={capture}
              marked={marked}
              onCommand={onCommand}
              onDebug={(target) => drawer.add(target)}
              announce={announce}
            />
          )),
        )}
      </div>
    </div>
  )
}

function TerminalSettings(): ReactNode {
  const { fontSize, scrollback, copyOnSelect, screenReader, webgl } = useStore(terminalPreferences)
  const set = terminalPreferences.setState
  return (
    <div className="terminals-settings">
      <label>
        Font size
        <select value={fontSize} onChange={(event) => set({ fontSize: Number(event.target.value) })}>
          {FONT_SIZES.map((size) => (
            <option key={size}>{size}</option>
          ))}
        </select>
      </label>
      <label>
        Lines kept
        <select value={scrollback} onChange={(event) => set({ scrollback: Number(event.target.value) })}>
          {SCROLLBACKS.map((lines) => (
            <option key={lines} value={lines}>
              {lines.toLocaleString('en-US')}
            </option>
          ))}
        </select>
      </label>
      <label>
        <input
          type="checkbox"
          checked={copyOnSelect}
          onChange={(event) => set({ copyOnSelect: event.target.checked })}
        />
        Copy what is selected
      </label>
      <label>
        <input
          type="checkbox"
          checked={screenReader}
          onChange={(event) => set({ screenReader: event.target.checked })}
        />
        Screen reader
      </label>
      <label>
        <input type="checkbox" checked={webgl} onChange={(event) => set({ webgl: event.target.checked })} />
        Draw with the graphics card
      </label>
    </div>
  )
}
