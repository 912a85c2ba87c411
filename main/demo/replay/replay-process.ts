import { EventEmitter, once } from 'node:events'
import { PassThrough } from 'node:stream'
import type { StreamedProcess } from '../cluster/running.ts'

/** What behaves as a process to whoever holds its streams, and is a function here. */
export class ReplayProcess extends EventEmitter implements StreamedProcess {
  readonly stdin = new PassThrough()
  readonly stdout = new PassThrough()
  readonly stderr = new PassThrough()
  exitCode: number | null = null

  /** Resolved when the reader has room for more. */
  async write(bytes: Buffer | string): Promise<void> {
    if (this.exitCode !== null || this.stdout.write(bytes)) return
    await Promise.race([once(this.stdout, 'drain'), once(this, 'exit')])
  }

  /** Calls back for each line of stdin, and at its end. */
  lines(line: (words: readonly string[]) => void, ended: () => void): void {
    let rest = ''
    this.stdin.on('data', (bytes: Buffer) => {
      const all = (rest + bytes.toString('utf8')).split('\n')
      rest = all.pop() ?? ''
      for (const one of all) line(one.split(' '))
    })
    this.stdin.on('end', ended)
  }

  exit(code: number): void {
    if (this.exitCode !== null) return
    this.exitCode = code
    this.emit('exit')
    this.stdin.resume()
    // As with a real one, all that was said is heard before it is gone.
    const heard = [this.stdout, this.stderr].map((stream) => once(stream, 'end'))
    this.stdout.end()
    this.stderr.end()
    void Promise.all(heard).then(() => this.emit('close', code, null))
  }

  /** One that has said this and ended. */
  static saying(text: string, code = 0, errors = ''): ReplayProcess {
    const process = new ReplayProcess()
    process.stdout.write(text)
    process.stderr.write(errors)
    process.exit(code)
    return process
  }
}
