import type { ApiConnection } from '../api-connection.ts'
import { type AddressName, addressNames, displayName, mergeNames } from './address-names.ts'
import { writeWhole } from './write-whole.ts'

/** An address and its name, as a capture file has them. */
interface ResolvedName {
  readonly address: string
  readonly name: string
}

/** Whose the addresses of a capture were: read when it begins, and again when it ends, as they change hands. */
export class CaptureNames {
  readonly #connection: ApiConnection
  #names: readonly AddressName[] = []

  constructor(connection: ApiConnection) {
    this.#connection = connection
  }

  get known(): readonly ResolvedName[] {
    return this.#names.map(resolved)
  }

  /** `namespaces`: those to look in where one may not look in all. */
  async read(namespaces: readonly string[]): Promise<void> {
    this.#names = await addressNames(this.#connection, namespaces)
  }

  /** Returns those of addresses that had none before. */
  async readAgain(namespaces: readonly string[]): Promise<readonly ResolvedName[]> {
    const after = await addressNames(this.#connection, namespaces).catch(() => [])
    if (after.length === 0) return []
    const known = new Set(this.#names.map(({ address }) => address))
    this.#names = mergeNames(this.#names, after, this.#connection.now())
    return after.filter(({ address }) => !known.has(address)).map(resolved)
  }

  /** Beside the capture `file`, with from when to when. */
  async write(file: string, startedAt: number): Promise<void> {
    if (this.#names.length === 0) return
    const body = { version: 1, writtenAt: Date.now(), startedAt, names: this.#names }
    await writeWhole(`${file}.names.json`, JSON.stringify(body, undefined, 1))
  }
}

const resolved = (name: AddressName): ResolvedName => ({ address: name.address, name: displayName(name) })
