import { useEffect, useRef, useState } from 'react'
import type { HostContract, Subscription } from '../../common/contract.ts'

/** The part of the connection to the host that a view needs to be told what changes. */
export interface HostWatch {
  watch<T>(
    open: (host: HostContract) => Promise<Subscription<T>>,
    each: (value: T) => void,
    signal?: AbortSignal,
  ): Promise<void>
}

export interface Told<T> {
  readonly value: T | undefined
  /** Why nothing more is told, for the person. */
  readonly error: string | undefined
}

const NOTHING = { value: undefined, error: undefined }

/** The newest value of a subscription while the view is there. `key` says what is subscribed to; undefined is nothing. */
export function useWatched<T>(
  host: HostWatch,
  key: string | undefined,
  open: (host: HostContract) => Promise<Subscription<T>>,
): Told<T> {
  const [told, setTold] = useState<Told<T> & { readonly key: string | undefined }>({ ...NOTHING, key: undefined })
  const asked = useRef(open)
  asked.current = open
  useEffect(() => {
    if (key === undefined) return
    const control = new AbortController()
    host
      .watch(
        (contract) => asked.current(contract),
        (value) => setTold({ value, error: undefined, key }),
        control.signal,
      )
      .catch((error: unknown) => {
        if (control.signal.aborted) return
        setTold({ value: undefined, error: error instanceof Error ? error.message : String(error), key })
      })
    return () => {
      control.abort()
    }
  }, [host, key])
  return told.key === key ? told : NOTHING
}
