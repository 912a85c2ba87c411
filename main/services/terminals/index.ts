import { access, constants, mkdir } from 'node:fs/promises'
import { dirname, join, parse } from 'node:path'
import type { Subscription, TerminalsSection } from '../../../common/contract.ts'
import { HostError } from '../../../common/host-error.ts'
import type { TerminalFacts, TerminalOutput } from '../../../common/model/terminal.ts'
import type { CaptureLibrary } from '../captures.ts'
import type { Terminals } from './terminals.ts'

/** The terminals of this host, for any of its windows. */
export class TerminalsService implements TerminalsSection {
  readonly #terminals: Terminals
  readonly #captures: CaptureLibrary
  readonly #dataFolder: string

  /** @param dataFolder where recordings go that belong to no capture */
  constructor(terminals: Terminals, captures: CaptureLibrary, dataFolder: string) {
    this.#terminals = terminals
    this.#captures = captures
    this.#dataFolder = dataFolder
  }

  async watch(): Promise<Subscription<readonly TerminalFacts[]>> {
    return this.#terminals.watch()
  }

  async open(...[target, columns, rows]: Parameters<TerminalsSection['open']>): Promise<string> {
    return this.#terminals.open(target, { columns, rows }).id
  }

  async output(id: string, from: number): Promise<Subscription<TerminalOutput>> {
    return this.#terminals.find(id).output(from)
  }

  async input(id: string, bytes: Uint8Array): Promise<void> {
    await this.#terminals.find(id).write(bytes)
  }

  async resize(id: string, columns: number, rows: number): Promise<void> {
    this.#terminals.find(id).resize({ columns, rows })
  }

  async reconnect(id: string): Promise<void> {
    this.#terminals.find(id).reconnect()
  }

  async close(id: string): Promise<void> {
    await this.#terminals.close(id)
  }

  async record(id: string, capture: string | undefined): Promise<string> {
    const terminal = this.#terminals.find(id)
    const time = new Date()
      .toISOString()
      .replace(/[:.]/g, '-')
      .replace(/-\d+Z$/, 'Z')
    const name = terminal.title
      .replace(/[^A-Za-z0-9._-]+/g, '-')
      .slice(0, 60)
      .replace(/^-+|-+$/g, '')
    const path = join(await this.#recordingFolder(capture), `${await this.#captureName(capture)}${name}.${time}.cast`)
    try {
      return await terminal.record(path)
    } catch (error) {
      if (error instanceof HostError) throw error
      throw new HostError(
        'unavailable',
        `The recording ${path} can't be written: ${error instanceof Error ? error.message : String(error)}`,
      )
    }
  }

  async stopRecording(id: string): Promise<void> {
    await this.#terminals.find(id).stopRecording()
  }

  async #captureName(capture: string | undefined): Promise<string> {
    return capture === undefined ? '' : `${parse((await this.#captures.find(capture)).path).name}.`
  }

  /** Beside the capture where that can be written to. */
  async #recordingFolder(capture: string | undefined): Promise<string> {
    if (capture !== undefined) {
      const folder = dirname((await this.#captures.find(capture)).path)
      const writable = await access(folder, constants.W_OK).then(
        () => true,
        () => false,
      )
      if (writable) return folder
    }
    const folder = join(this.#dataFolder, 'recordings')
    await mkdir(folder, { recursive: true, mode: 0o700 })
    return folder
  }
}
