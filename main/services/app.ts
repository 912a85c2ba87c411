import type {
  AppFacts,
  AppSection,
  HostCommand,
  Settings,
  SettingsChange,
  Subscription,
} from '../../common/contract.ts'
import type { Mailbox } from '../streams.ts'
import type { SettingsStore } from './settings.ts'

/** What one user interface is to the host: made by the door it came through. */
export interface Visitor {
  readonly door: AppFacts['door']
  /** What the menu, the operating system and the command line ask of it. */
  readonly commands: Mailbox<HostCommand>
  /** Asks the person for a file; undefined when they cancel. Absent where the system has no dialog to show. */
  readonly chooseFile?: (wanted: 'capture' | 'kubeconfig') => Promise<string | undefined>
}

export class AppService implements AppSection {
  readonly #version: string
  readonly #settings: SettingsStore
  readonly #visitor: Visitor

  constructor(version: string, settings: SettingsStore, visitor: Visitor) {
    this.#version = version
    this.#settings = settings
    this.#visitor = visitor
  }

  async facts(): Promise<AppFacts> {
    return {
      version: this.#version,
      platform: platformName(process.platform),
      door: this.#visitor.door,
      hasFileDialog: this.#visitor.chooseFile !== undefined,
    }
  }

  async settings(): Promise<Settings> {
    return this.#settings.current
  }

  changeSettings(change: SettingsChange): Promise<Settings> {
    return this.#settings.change(change)
  }

  async watchSettings(): Promise<Subscription<Settings>> {
    return this.#settings.watch()
  }

  async watchCommands(): Promise<Subscription<HostCommand>> {
    return this.#visitor.commands.read()
  }
}

function platformName(platform: NodeJS.Platform): AppFacts['platform'] {
  return platform === 'linux' || platform === 'darwin' || platform === 'win32' ? platform : 'other'
}
