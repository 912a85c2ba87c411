import { useMemo, useRef } from 'react'
import { useStore } from 'zustand'
import type { AddressName } from '../components/address.tsx'
import { useAnswer } from '../components/use-answer.ts'
import type { NamedAddress } from '../worker/engine-service.ts'
import type { CaptureSession } from './capture-session.ts'
import { preferences } from './preferences.ts'

const NONE: ReadonlyMap<string, AddressName> = new Map()
const SOURCES: Readonly<Record<NamedAddress['source'], string>> = {
  capture: 'the capture file',
  dns: 'a DNS answer in the capture',
}

/** Names for the addresses of the open capture: the person's own come before those of the file, and these before DNS answers. */
export function useAddressNames(session: CaptureSession, version: number): ReadonlyMap<string, AddressName> {
  const { resolveNames, hosts } = useStore(preferences)
  const known = useRef<{ readonly of: CaptureSession; readonly list: readonly NamedAddress[] }>({
    of: session,
    list: [],
  })
  const { value: list } = useAnswer(resolveNames ? `${session.name} ${version}` : undefined, async () => {
    const had = known.current.of === session ? known.current.list : []
    const found = (await session.engine.names(had.length)) ?? had
    known.current = { of: session, list: found }
    return found
  })
  return useMemo(() => {
    if (!resolveNames) return NONE
    const names = new Map<string, AddressName>()
    for (const { address, name, source } of list ?? []) names.set(address, { name, source: SOURCES[source] })
    for (const [address, name] of Object.entries(hosts)) names.set(address, { name, source: 'a hosts file you added' })
    return names
  }, [resolveNames, list, hosts])
}
