/** Takes the bytes of a compressed file and gives out what they hold, piece by piece. */
export interface Decompressor {
  /** Takes the next bytes. Returns why it can't go on, if so; what came before has been given out. */
  push(chunk: Uint8Array): string | undefined
  /** The file ends here. Returns what is missing, if something is. */
  finish(): string | undefined
}
