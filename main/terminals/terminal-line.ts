import type { TerminalEnd } from '../../common/model/terminal.ts'

export interface TerminalSize {
  readonly columns: number
  readonly rows: number
}

/** A shell that runs, wherever it is. */
export interface TerminalLine {
  /** Resolves when more may be written: a slow shell holds up who pastes. */
  write(bytes: Uint8Array): Promise<void>
  resize(size: TerminalSize): void
  /** Ends the shell, and removes what was made for it. Resolves when that is done. */
  close(): Promise<void>
  readonly ended: Promise<TerminalEnd>
}

export interface LineHandlers {
  /** A promise holds up the shell until it is resolved. */
  readonly output: (bytes: Uint8Array) => Promise<void> | undefined
  /** What is being done or was made, in a sentence. */
  readonly note: (text: string) => void
}

/** Starts a shell; throws HostError, in words, when that can't be done. */
export type OpenLine = (size: TerminalSize, handlers: LineHandlers, signal: AbortSignal) => Promise<TerminalLine>
