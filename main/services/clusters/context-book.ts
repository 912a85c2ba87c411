import { join } from 'node:path'
import * as z from 'zod/mini'
import type { ContextCaptureChange } from '../../../common/contract.ts'
import type { ContextCaptureSettings } from '../../../common/model/context.ts'
import { DEFAULT_IMAGE } from '../../kubernetes/capture/capture-container.ts'
import { StoredJson } from '../../stored-json.ts'

const CaptureSettings = z.object({
  image: z.optional(z.string()),
  imagePullSecrets: z.optional(z.array(z.string())),
  debugNamespace: z.optional(z.string()),
})

const BookFile = z.object({
  files: z._default(z.array(z.string()), []),
  contexts: z._default(z.record(z.string(), CaptureSettings), {}),
})
type Book = z.infer<typeof BookFile>

/** What the person said about contexts: kubeconfig files besides the usual ones, and how to capture in each. Holds no credentials. */
export class ContextBook {
  readonly #file: StoredJson<Book>
  #book: Book

  private constructor(file: StoredJson<Book>, book: Book) {
    this.#file = file
    this.#book = book
  }

  static async load(folder: string, warn: (message: string) => void): Promise<ContextBook> {
    const file = new StoredJson<Book>(join(folder, 'contexts.json'), BookFile, { files: [], contexts: {} }, warn)
    return new ContextBook(file, await file.read())
  }

  get files(): readonly string[] {
    return this.#book.files
  }

  async setFiles(files: readonly string[]): Promise<void> {
    this.#book = { ...this.#book, files: [...files] }
    await this.#file.write(this.#book)
  }

  captureSettings(context: string): ContextCaptureSettings {
    const { image, imagePullSecrets = [], debugNamespace } = this.#book.contexts[context] ?? {}
    return {
      image: image ?? process.env['HOPSCOPE_IMAGE'] ?? DEFAULT_IMAGE,
      imagePullSecrets,
      ...(debugNamespace ? { debugNamespace } : {}),
    }
  }

  async changeCaptureSettings(context: string, change: ContextCaptureChange): Promise<ContextCaptureSettings> {
    const settings = { ...this.#book.contexts[context], ...change }
    this.#book = { ...this.#book, contexts: { ...this.#book.contexts, [context]: settings } }
    await this.#file.write(this.#book)
    return this.captureSettings(context)
  }

  written(): Promise<void> {
    return this.#file.written()
  }
}
