import { createContext, useContext, type ReactNode } from 'react'
import { endpointText } from './filter-text.ts'
import './address.css'

export interface AddressName {
  readonly name: string
  /** Who says so, for the person. */
  readonly source: string
}

/** Names by address; empty while addresses are to be shown as they are. */
export const AddressNames = createContext<ReadonlyMap<string, AddressName>>(new Map())

interface AddressProps {
  readonly address: string
  readonly port?: number | undefined
}

/** An address, by its name where it has one; then the address itself is in the tooltip. */
export function Address({ address, port }: AddressProps): ReactNode {
  const known = useContext(AddressNames).get(address)
  const text = endpointText(address, port)
  if (!known) return text
  return (
    <span className="address" title={`${known.name}: ${text}, named by ${known.source}`}>
      <span className="address-name">{known.name}</span>
      {port !== undefined && <span>:{port}</span>}
    </span>
  )
}
