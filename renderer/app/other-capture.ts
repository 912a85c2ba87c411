import type { ComparedSide } from '../../engine/engine.ts'
import { openSession, type CaptureSession } from './capture-session.ts'
import type { HostConnection } from './host.ts'
import type { CaptureRef } from './view.ts'

/** How far the capture that is compared with is: only what it is measured by is kept of it. */
export type OtherState =
  | { readonly kind: 'reading'; readonly name: string; readonly share: number }
  | {
      readonly kind: 'ready'
      readonly name: string
      readonly side: ComparedSide
      /** From its first packet to its last. */
      readonly lengthNs: number
    }
  | { readonly kind: 'failed'; readonly name: string; readonly reason: string }

/**
 * Reads another capture in a worker of its own, which ends when it has been measured. `file` is what a dropped one refers to.
 * Disposing ends it, and then nothing more is told.
 */
export function measureOther(
  connection: HostConnection,
  ref: CaptureRef,
  file: File | undefined,
  tell: (state: OtherState) => void,
): Disposable {
  let over = false
  let session: CaptureSession | undefined
  const name = () => session?.name ?? (ref.kind === 'host' ? 'the other capture' : ref.name)
  const end = (): void => {
    if (over) return
    over = true
    session?.[Symbol.dispose]()
  }
  const fail = (reason: string): void => {
    if (over) return
    tell({ kind: 'failed', name: name(), reason })
    end()
  }

  function watch(opened: CaptureSession): void {
    session = opened
    opened.progress.subscribe(({ crash, progress }) => {
      if (over) return
      if (crash !== undefined) fail(crash)
      else if (progress?.phase === 'failed') fail(progress.error ?? 'It could not be read.')
      else if (progress?.phase === 'reading') {
        const share = progress.size > 0 ? progress.bytesRead / progress.size : 0
        tell({ kind: 'reading', name: opened.name, share })
      } else if (progress) {
        const lengthNs = progress.facts.lastTime - progress.facts.firstTime
        opened.engine.comparedSide().then(
          (side) => {
            if (over) return
            tell({ kind: 'ready', name: opened.name, side, lengthNs })
            end()
          },
          (error: unknown) => fail(error instanceof Error ? error.message : String(error)),
        )
      }
    })
  }

  tell({ kind: 'reading', name: name(), share: 0 })
  open(connection, ref, file).then(
    (opened) => (over ? opened[Symbol.dispose]() : watch(opened)),
    (error: unknown) => fail(error instanceof Error ? error.message : String(error)),
  )
  return { [Symbol.dispose]: end }
}

async function open(connection: HostConnection, ref: CaptureRef, file: File | undefined): Promise<CaptureSession> {
  if (ref.kind === 'dropped') {
    if (!file) throw new Error('This window does not have the file any more. Choose it again.')
    return openSession({ ref, name: file.name }, { kind: 'file', file })
  }
  const { captures } = connection.host
  const { name, size, url } = await (ref.kind === 'sample' ? captures.openSample(ref.name) : captures.source(ref.id))
  // One that still grows is taken as far as it is now.
  return openSession({ ref, name }, { kind: 'served', request: connection.dataRequest({ url }), size, growing: false })
}
