import { useEffect, useState, useSyncExternalStore } from 'react'
import type { HostConnection } from './host.ts'

/** Whether the host can show the system's file dialog; false until it has said so. */
export function useFileDialog(connection: HostConnection): boolean {
  const connected = useSyncExternalStore(
    (listener) => connection.onStatus(listener),
    () => connection.status().state === 'connected',
  )
  const [has, setHas] = useState(false)
  useEffect(() => {
    if (!connected) return
    let left = false
    connection.host.app.facts().then(
      ({ hasFileDialog }) => {
        if (!left) setHas(hasFileDialog)
      },
      () => undefined,
    )
    return () => {
      left = true
    }
  }, [connection, connected])
  return has
}
