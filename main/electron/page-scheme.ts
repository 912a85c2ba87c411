import { protocol } from 'electron'
import { answerPage } from './page-scheme-answer.ts'
import type { PageSchemeOptions } from './page-scheme-answer.ts'

// The page and the captures come from a scheme of our own: one origin, no server, nothing that another program could reach.
const SCHEME = 'hopscope'
export const PAGE_ORIGIN = `${SCHEME}://app`

/** Before the app is ready. */
export function registerPageScheme(options: { readonly devOrigin: string | undefined }): void {
  protocol.registerSchemesAsPrivileged([
    {
      scheme: SCHEME,
      privileges: {
        standard: true,
        secure: true,
        supportFetchAPI: true,
        stream: true,
        codeCache: true,
        // In development the page is the bundler's and fetches captures across origins.
        corsEnabled: options.devOrigin !== undefined,
      },
    },
  ])
}

/** Once the app is ready. */
export function handlePageScheme(options: PageSchemeOptions): void {
  protocol.handle(SCHEME, (request) => answerPage(options, request))
}
