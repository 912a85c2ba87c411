import { asHostError, HostError } from '../../common/host-error.ts'
import { errorAnswer, wholeAnswer } from '../data-plane/data-plane.ts'
import type { DataAnswer } from '../data-plane/data-plane.ts'
import type { Host } from '../host.ts'
import { pageFile } from '../page/page-files.ts'
import { PAGE_HEADERS } from '../page/page-headers.ts'

export interface PageSchemeOptions {
  readonly host: Host
  /** The folder of the built page. */
  readonly page: string
  /** The origin of the bundler's page, in development. */
  readonly devOrigin: string | undefined
}

/** hopscope://app/: the page's files; hopscope://app/capture/<id>: the data plane. */
export async function answerPage(options: PageSchemeOptions, request: Request): Promise<Response> {
  const headers = {
    ...PAGE_HEADERS,
    ...(options.devOrigin !== undefined && {
      'access-control-allow-origin': options.devOrigin,
      'cross-origin-resource-policy': 'cross-origin',
    }),
  }
  const gone = new AbortController()
  try {
    const answer = await route(options, request, gone.signal)
    return respond(answer, headers, gone)
  } catch (error) {
    return respond(errorAnswer(asHostError(error)), headers, gone)
  }
}

async function route({ host, page }: PageSchemeOptions, request: Request, gone: AbortSignal): Promise<DataAnswer> {
  const { host: authority, pathname, searchParams } = new URL(request.url)
  const { method } = request
  if (authority !== 'app') throw new HostError('not-found', 'There is nothing here.')
  const [, section, id = ''] = pathname.split('/')
  if (method !== 'GET' && method !== 'HEAD' && !(method === 'POST' && section === 'capture'))
    throw new HostError('invalid-argument', 'Only GET and HEAD, and POST to a capture.')
  if (section === 'capture') {
    const range = request.headers.get('range') ?? undefined
    return host.data({ method, id, query: searchParams, range, ...(request.body && { body: request.body }) }, gone)
  }
  const file = await pageFile(page, pathname)
  if (!file) throw new HostError('not-found', 'There is no such page.')
  return wholeAnswer(200, file.headers, file.bytes, method)
}

function respond(
  { status, headers, body }: DataAnswer,
  extraHeaders: Record<string, string>,
  gone: AbortController,
): Response {
  return new Response(body ? streamOf(body, gone) : null, { status, headers: { ...extraHeaders, ...headers } })
}

/** Chromium asks for more when it has room for it; when the page leaves it cancels, and the file behind is closed. */
function streamOf(body: AsyncGenerator<Uint8Array>, gone: AbortController): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await body.next()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel: () => gone.abort(),
    },
    { highWaterMark: 0 },
  )
}
