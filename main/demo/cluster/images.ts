/** What an image brings, as far as it matters to someone who wants to capture. */
export interface Image {
  /** The user of the image's configuration. */
  readonly user: number
  /** sh and what belongs to it can be run in it: false for distroless and scratch. */
  readonly shell: boolean
  readonly tcpdump: boolean
  /** sh and the small programs are BusyBox's, as in Alpine and netshoot, where this machine has it; else this machine's. */
  readonly busybox: boolean
  /** Runs when the container names no command. */
  readonly command: readonly string[]
  /** Milliseconds until it is there. */
  readonly pullMs: number
}

const debug: Image = { user: 0, shell: true, busybox: true, tcpdump: true, command: ['sh'], pullMs: 30 }

export const IMAGES: Readonly<Record<string, Image>> = {
  'nicolaka/netshoot': debug,
  'nicolaka/netshoot:v0.13': debug,
  'registry.internal/netshoot:1': debug,
  busybox: { ...debug, tcpdump: false },
  'example.com/app:1': { ...debug, tcpdump: false, command: ['sleep', '100000'], pullMs: 5 },
  'example.com/distroless:1': {
    ...debug,
    user: 65532,
    shell: false,
    tcpdump: false,
    command: ['sleep', '100000'],
    pullMs: 5,
  },
}
