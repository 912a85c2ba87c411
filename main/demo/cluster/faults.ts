// What goes wrong on its way to a client, on command: the table "what a failure looks like to the client" of real clusters.

export type StreamFault =
  /** The kubelet restarts: close 1006 without a Status, the process inside is ended without running its clean-up. */
  | { readonly kind: 'kubelet-restart' }
  /** containerd restarts: close 1000 and Status Success, though nothing has finished; the process goes on. */
  | { readonly kind: 'containerd-restart' }
  /** The connection breaks (1006); the process stays. */
  | { readonly kind: 'cut' }
  /** Nothing passes in either direction, pings included, for a while; then it goes on. */
  | { readonly kind: 'stall'; readonly ms: number }
  /** The last bytes in flight are lost and Status says Success (kubernetes#124571). */
  | { readonly kind: 'early-success' }
