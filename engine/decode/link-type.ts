/** LINKTYPE_ values (https://www.tcpdump.org/linktypes.html) that several places need by name. */
export const LINK_TYPE = { null: 0, ethernet: 1, linuxCooked: 113, arcnetLinux: 129, linuxCooked2: 276 } as const
