import { join } from 'node:path'
import * as z from 'zod/mini'
import { Theme } from '../../common/contract.ts'
import type { Settings, SettingsChange, Subscription } from '../../common/contract.ts'
import { StoredJson } from '../stored-json.ts'
import { Watched } from '../streams.ts'

const DEFAULTS: Settings = { theme: 'system' }

const SettingsFile = z.object({ theme: z._default(Theme, DEFAULTS.theme) })

/** The person's settings: one for all windows and pages of this host. */
export class SettingsStore {
  readonly #file: StoredJson<Settings>
  readonly #now: Watched<Settings>

  private constructor(file: StoredJson<Settings>, settings: Settings) {
    this.#file = file
    this.#now = new Watched(settings)
  }

  static async load(folder: string, warn: (message: string) => void): Promise<SettingsStore> {
    const file = new StoredJson<Settings>(join(folder, 'settings.json'), SettingsFile, DEFAULTS, warn)
    return new SettingsStore(file, await file.read())
  }

  get current(): Settings {
    return this.#now.value
  }

  async change(change: SettingsChange): Promise<Settings> {
    const { theme } = change
    const settings: Settings = { ...this.#now.value, ...(theme !== undefined && { theme }) }
    this.#now.set(settings)
    await this.#file.write(settings)
    return settings
  }

  watch(): Subscription<Settings> {
    return this.#now.watch()
  }

  written(): Promise<void> {
    return this.#file.written()
  }

  get watchers(): number {
    return this.#now.watchers
  }
}
