import { createStore, type StoreApi } from 'zustand/vanilla'
import type { CaptureSource } from '../../common/contract.ts'
import type { HostConnection } from './host.ts'
import { openSession, type CaptureSession } from './capture-session.ts'
import { samePart, type CaptureRef, type View } from './view.ts'
import type { ViewStore } from './view-store.ts'

/** What this window shows: nothing, a capture that is being opened, an open one, or why it could not be opened. */
export type OpenState =
  | { readonly kind: 'none' }
  | { readonly kind: 'opening'; readonly name: string }
  /** `notice`: opening another one failed, this one stays. */
  | { readonly kind: 'open'; readonly session: CaptureSession; readonly notice?: string }
  | { readonly kind: 'failed'; readonly name: string; readonly reason: string; readonly retry: () => void }
  /** The URL names a file that only an earlier page had: it must be chosen again. */
  | { readonly kind: 'lost'; readonly name: string }

/** What a capture is called before its name is known. */
const UNNAMED = 'The capture'

/** Opens captures, one at a time in this window, and keeps the view's capture and the open one the same. */
export interface Captures {
  readonly store: StoreApi<OpenState>
  openFile(file: File): void
  openSource(source: CaptureSource): void
  openSample(name: string): void
  openPath(path: string): void
  /** The host's dialog where it has one, else the browser's. */
  choose(): void
  /** Reads the open one from its beginning. */
  readAgain(): void
  dismissNotice(): void
  close(): void
}

/** The view of a capture that was just opened. */
export const NOTHING_SELECTED = {
  filter: '',
  part: undefined,
  range: undefined,
  zoom: undefined,
  conversation: undefined,
  row: undefined,
  reference: undefined,
  note: undefined,
  against: undefined,
} as const

export function createCaptures(connection: HostConnection, view: ViewStore, hasFileDialog: () => boolean): Captures {
  const store = createStore<OpenState>(() => ({ kind: 'none' }))
  let attempt = 0

  function show(state: OpenState): void {
    const before = store.getState()
    const stays = before.kind === 'open' && state.kind === 'open' && before.session === state.session
    if (before.kind === 'open' && !stays) {
      const { session } = before
      session[Symbol.dispose]()
      if (state.kind !== 'open' || state.session.overview !== session.overview) session.overview[Symbol.dispose]()
    }
    store.setState(state, true)
  }

  /** One of which nothing can be read is not offered again. What is empty may still be written. */
  function forgetUnreadable({ path, progress }: CaptureSession): void {
    if (path === undefined) return
    const end = progress.subscribe(({ progress: now }) => {
      if (!now || now.phase === 'reading') return
      end()
      const { damage, packets, part } = now.facts
      if (!damage || now.bytesRead === 0 || packets > 0 || part) return
      // Where that can't be kept, it is offered.
      connection.host.captures.forgetRecent(path).catch(() => undefined)
    })
  }

  /** A capture opened by hand starts with nothing filtered; one that the URL names keeps the URL's view. */
  function enter(session: CaptureSession, keepView: boolean): void {
    // Shown first: the view's change must find that its capture is open already.
    show({ kind: 'open', session })
    forgetUnreadable(session)
    if (!keepView) view.change({ ...NOTHING_SELECTED, capture: session.ref }, 'push')
  }

  function fetchSource(
    name: string,
    ask: () => Promise<CaptureSource | undefined>,
    ref: (source: CaptureSource) => CaptureRef,
    keepView = false,
  ): void {
    const mine = ++attempt
    if (name) show({ kind: 'opening', name })
    ask().then(
      (source) => {
        if (mine !== attempt) return
        if (!source) return
        const { growing, size, url } = source
        const request = connection.dataRequest({ url })
        enter(
          openSession(
            { ref: ref(source), name: source.name, path: source.path, source: source.id },
            { kind: 'served', request, size, growing },
            keepView ? view.store.getState().part : undefined,
          ),
          keepView,
        )
      },
      (error: unknown) => {
        if (mine !== attempt) return
        const reason = error instanceof Error ? error.message : String(error)
        const now = store.getState()
        if (now.kind === 'open') show({ ...now, notice: reason })
        else
          show({
            kind: 'failed',
            name: name || UNNAMED,
            reason,
            retry: () => fetchSource(name, ask, ref, keepView),
          })
      },
    )
  }

  const byId = (source: CaptureSource): CaptureRef => ({ kind: 'host', id: source.id })

  const captures: Captures = {
    store,
    openFile(file) {
      attempt++
      const again = store.getState()
      // The file the URL asked for: show what the URL says of it.
      const keepView = again.kind === 'lost' && again.name === file.name
      enter(
        openSession(
          { ref: { kind: 'dropped', name: file.name }, name: file.name },
          { kind: 'file', file },
          keepView ? view.store.getState().part : undefined,
        ),
        keepView,
      )
    },
    openSource(source) {
      fetchSource(source.name, () => Promise.resolve(source), byId)
    },
    openSample(name) {
      fetchSource(
        name,
        () => connection.host.captures.openSample(name),
        () => ({ kind: 'sample', name }),
      )
    },
    openPath(path) {
      fetchSource(path.split(/[\\/]/).at(-1) ?? path, () => connection.host.captures.openFile(path), byId)
    },
    choose() {
      if (hasFileDialog()) fetchSource('', () => connection.host.captures.chooseFile(), byId)
      else void chooseInBrowser().then((file) => file && captures.openFile(file))
    },
    readAgain() {
      const state = store.getState()
      if (state.kind === 'open') show({ kind: 'open', session: state.session.reopen(state.session.part) })
    },
    dismissNotice() {
      const state = store.getState()
      if (state.kind === 'open') show({ kind: 'open', session: state.session })
    },
    close() {
      attempt++
      show({ kind: 'none' })
      view.change({ ...NOTHING_SELECTED, capture: undefined }, 'push')
    },
  }

  /** Another capture, or another part of the open one, was chosen: also by going back, by a reload or a link. */
  function follow({ capture: ref, part }: View): void {
    const state = store.getState()
    if (state.kind === 'open' && sameRef(state.session.ref, ref)) {
      if (!samePart(state.session.part, part)) show({ kind: 'open', session: state.session.reopen(part) })
      return
    }
    if (state.kind === 'none' && !ref) return
    attempt++
    if (!ref) show({ kind: 'none' })
    else if (ref.kind === 'dropped') show({ kind: 'lost', name: ref.name })
    else if (ref.kind === 'sample')
      fetchSource(
        ref.name,
        () => connection.host.captures.openSample(ref.name),
        () => ref,
        true,
      )
    else fetchSource(UNNAMED, () => connection.host.captures.source(ref.id), byId, true)
  }
  view.store.subscribe((now, before) => {
    if (!sameRef(now.capture, before.capture) || !samePart(now.part, before.part)) follow(now)
  })
  // Before anything is drawn: what the start page shows is not asked of the host for nothing.
  for (const id of connection.initialCaptures) {
    view.change({ ...NOTHING_SELECTED, capture: { kind: 'host', id } }, 'push')
  }
  if (store.getState().kind === 'none') follow(view.store.getState())

  return captures
}

function sameRef(a: CaptureRef | undefined, b: CaptureRef | undefined): boolean {
  if (!a || !b) return a === b
  return a.kind === 'host' ? b.kind === 'host' && a.id === b.id : b.kind === a.kind && a.name === b.name
}

/** The browser's own file dialog; undefined when the person cancelled. */
export function chooseInBrowser(): Promise<File | undefined> {
  return new Promise((resolve) => {
    const input = document.createElement('input')
    input.type = 'file'
    // A hint only: captures come with all kinds of endings, and the reader goes by content.
    input.accept = '.pcap,.pcapng,.cap,.dmp,.gz,.zst,.pcap0,application/vnd.tcpdump.pcap,application/gzip'
    input.onchange = () => resolve(input.files?.[0])
    input.oncancel = () => resolve(undefined)
    input.click()
  })
}
