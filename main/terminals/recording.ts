import { createWriteStream, type WriteStream } from 'node:fs'
import { once } from 'node:events'
import type { TerminalSize } from './terminal-line.ts'

// asciicast v2 (https://docs.asciinema.org/manual/asciicast/v2/): a header line, then [seconds, "o", text] lines. Output only: what was
// typed is there as far as the terminal showed it, so a password that was not echoed is not.

/** A terminal's output, being written to a file. */
export class Recording {
  readonly path: string
  readonly #file: WriteStream
  readonly #start: number
  /** Of its own: characters may be split between pieces. */
  readonly #decoder = new TextDecoder('utf-8')

  private constructor(path: string, file: WriteStream, start: number) {
    this.path = path
    this.#file = file
    this.#start = start
  }

  /** Throws when the file can't be made, or is there already. `failed` is told when it can't be written any more; then it has ended. */
  static async start(
    path: string,
    size: TerminalSize,
    title: string,
    failed: (error: Error) => void,
    now = Date.now(),
  ): Promise<Recording> {
    const file = createWriteStream(path, { flags: 'wx', mode: 0o600 })
    await once(file, 'open')
    file.on('error', failed)
    const header = { version: 2, width: size.columns, height: size.rows, timestamp: Math.floor(now / 1000), title }
    file.write(`${JSON.stringify(header)}\n`)
    return new Recording(path, file, now)
  }

  output(bytes: Uint8Array, now = Date.now()): void {
    const text = this.#decoder.decode(bytes, { stream: true })
    if (text) this.#event(now, 'o', text)
  }

  resize({ columns, rows }: TerminalSize, now = Date.now()): void {
    this.#event(now, 'r', `${columns}x${rows}`)
  }

  async stop(): Promise<void> {
    if (this.#file.closed) return
    this.#file.end()
    // What fails now is told as before.
    await once(this.#file, 'close').catch(() => undefined)
  }

  #event(now: number, code: string, data: string): void {
    if (this.#file.writable)
      this.#file.write(`${JSON.stringify([Math.max(0, now - this.#start) / 1000, code, data])}\n`)
  }
}
