import type { MessageTransport } from '../../../common/message-transport.ts'
import type { CaptureSource } from '../../../common/contract.ts'

/** How this page reaches its host. Everything above it is the same in the window and in the browser. */
export interface Door {
  readonly kind: 'desktop' | 'browser'
  /** Captures to show first, by id: named on the command line or by the operating system before the page was there. */
  readonly initialCaptures: readonly string[]
  /**
   * A fresh line to the host.
   * Throws HostError: 'unavailable' (try again later) or 'permission-denied' (this page will never be let in).
   */
  connect(signal: AbortSignal): Promise<MessageTransport>
  /** Where the capture's bytes are, in a form that can be posted to a worker. */
  dataRequest(capture: Pick<CaptureSource, 'url'>): DataRequest
}

/** All a worker needs to read a capture's bytes from the host; see capture-bytes.ts. */
export interface DataRequest {
  /** Absolute. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}
