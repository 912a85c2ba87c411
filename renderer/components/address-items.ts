import { createContext } from 'react'
import type { MenuItem } from './context-menu.tsx'

/** What can be done at the pod or node that has an address, for the menu of whatever shows it; nothing where no cluster is known. */
export const AddressItems = createContext<(address: string) => readonly MenuItem[]>(() => [])
