import { useCallback, useEffect, useState } from 'react'
import type { Theme } from '../../common/contract.ts'
import type { HostConnection } from './host.ts'
import { applyTheme, lastTheme } from './theme.ts'

const NEXT_THEME: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' }

/** The window's colours: those of the last start until the host's settings arrive. */
export function useTheme(connection: HostConnection): { readonly theme: Theme; readonly nextTheme: () => void } {
  const [theme, setTheme] = useState<Theme>(lastTheme)
  useEffect(() => applyTheme(theme), [theme])

  useEffect(() => {
    const control = new AbortController()
    // A host that refuses or is away is reported by the connection's status; this only waits for it.
    connection
      .watch(
        (host) => host.app.watchSettings(),
        (settings) => setTheme(settings.theme),
        control.signal,
      )
      .catch(() => undefined)
    return () => {
      control.abort()
    }
  }, [connection])

  const nextTheme = useCallback(() => {
    const next = NEXT_THEME[theme]
    setTheme(next)
    // Without a host the choice holds in this browser.
    connection.host.app.changeSettings({ theme: next }).catch(() => undefined)
  }, [connection, theme])
  return { theme, nextTheme }
}
