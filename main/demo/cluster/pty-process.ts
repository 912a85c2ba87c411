import { EventEmitter } from 'node:events'
import { PassThrough, Writable } from 'node:stream'
import { spawn, type IPty } from 'node-pty'
import type { StreamedProcess } from './running.ts'

/** A process with a terminal, as `tty: true` asks for it: one stream out, and a size. A client that goes away hangs up. */
export class PtyProcess extends EventEmitter implements StreamedProcess {
  readonly pid: number
  readonly stdin: Writable
  readonly stdout = new PassThrough()
  readonly stderr = null
  readonly #pty: IPty

  constructor(argv: readonly string[], env: Readonly<Record<string, string>>) {
    super()
    const [program = '', ...args] = argv
    const pty = spawn(program, args, { cols: 80, rows: 24, env: { ...env }, encoding: null })
    this.#pty = pty
    this.pid = pty.pid
    this.stdin = new Writable({
      write(chunk: Buffer, _encoding, done) {
        pty.write(chunk)
        setImmediate(done)
      },
      final(done) {
        pty.kill('SIGHUP')
        done()
      },
    })
    pty.onData((data: unknown) => {
      const bytes = Buffer.isBuffer(data) ? data : Buffer.from(String(data))
      if (!this.stdout.write(bytes)) pty.pause()
    })
    this.stdout.on('drain', () => pty.resume())
    pty.onExit(({ exitCode, signal }) => {
      this.stdout.end()
      const tell = () => this.emit('close', signal ? 128 + signal : exitCode, null)
      if (this.stdout.readableEnded) tell()
      else this.stdout.once('end', tell)
    })
  }

  resize(columns: number, rows: number): void {
    this.#pty.resize(columns, rows)
  }
}
