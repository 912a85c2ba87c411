import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiConnection, RequestOptions } from './api-connection.ts'
import { ApiError } from './api-error.ts'
import type { EphemeralContainer, Pod } from './objects.ts'

// What is created in a cluster is created here: pods, and ephemeral containers in pods. With dryRun nothing is.

export interface CreateOptions {
  readonly dryRun?: boolean
  /** Ends it before something is asked for. What is on its way is waited for: else nobody knew that it is there and is to be removed. */
  readonly signal?: AbortSignal
}

/** A namespace's default service account comes a moment after the namespace. */
const ACCOUNT_MS = 10_000
const ACCOUNT_POLL_MS = 250
const CONFLICT_TRIES = 8

export const podsPath = (namespace: string) => `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`
export const podPath = (namespace: string, pod: string) => `${podsPath(namespace)}/${encodeURIComponent(pod)}`

/** The pod as admission made it. ApiError with the server's words, and what they mean; see wasRefused for other errors. */
export async function createPod(connection: ApiConnection, pod: Pod, options: CreateOptions = {}): Promise<Pod> {
  const until = Date.now() + ACCOUNT_MS
  for (;;) {
    options.signal?.throwIfAborted()
    try {
      const request = { ...asRequest(options), body: pod }
      return await connection.request<Pod>('POST', podsPath(pod.metadata.namespace ?? ''), request)
    } catch (error) {
      const early = wasRefused(error) && /serviceaccount "[^"]*" not found/.test(error.message)
      if (!early || Date.now() > until) throw explained(error)
      await sleep(ACCOUNT_POLL_MS, undefined, options.signal ? { signal: options.signal } : {})
    }
  }
}

/**
 * The pod with the container as admission made it. The patch names no version, so it is made to the newest; where many change the pod at
 * once it can still come too late (409), and is sent again: a container of that name is added once at most.
 */
export async function addEphemeralContainer(
  connection: ApiConnection,
  namespace: string,
  pod: string,
  container: EphemeralContainer,
  options: CreateOptions = {},
): Promise<Pod> {
  for (let tries = 1; ; tries++) {
    options.signal?.throwIfAborted()
    try {
      return await connection.request<Pod>('PATCH', `${podPath(namespace, pod)}/ephemeralcontainers`, {
        ...asRequest(options),
        body: { spec: { ephemeralContainers: [container] } },
        contentType: 'application/strategic-merge-patch+json',
      })
    } catch (error) {
      const late = wasRefused(error) && error.httpStatus === 409
      if (!late || tries >= CONFLICT_TRIES) throw explained(error)
      await sleep(tries * 50 * (0.5 + Math.random()), undefined, options.signal ? { signal: options.signal } : {})
    }
  }
}

const asRequest = ({ dryRun }: CreateOptions): RequestOptions => (dryRun ? { query: { dryRun: 'All' } } : {})

/** The API server said no: nothing was made. After any other error, be it a 5xx, it may have been. */
export const wasRefused = (error: unknown): error is ApiError =>
  error instanceof ApiError && error.httpStatus >= 400 && error.httpStatus < 500

function explained(error: unknown): unknown {
  if (!(error instanceof ApiError)) return error
  const { httpStatus, reason, message, retryAfterMs } = error
  const means = meaningOf(message)
  return means ? new ApiError(httpStatus, reason, `${message.replace(/\.?$/, '.')} ${means}`, retryAfterMs) : error
}

const MEANINGS: readonly (readonly [RegExp, string])[] = [
  [
    /exceeded quota/,
    "The namespace's ResourceQuota has no room for it: free some, or make pods on nodes in another namespace.",
  ],
  [
    /failed quota/,
    "The namespace's ResourceQuota asks for values that a pod of Hopscope does not give: make pods on nodes in another namespace.",
  ],
  [
    /(maximum|minimum) .* usage per (Container|Pod)/,
    "The namespace's LimitRange does not allow what it asks for: make pods on nodes in another namespace.",
  ],
  [
    /violates PodSecurity/,
    'The namespace enforces a Pod Security level: a namespace that enforces "privileged" takes pods on nodes.',
  ],
  [
    /admission webhook .* denied/,
    'A policy of the cluster refuses it: who looks after its policies can make an exception.',
  ],
  [
    /failed calling webhook/,
    'A policy of the cluster is to be asked, and does not answer: try again; if it stays away, its pods or its webhook configuration (kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations) need looking after.',
  ],
  [
    /seccomp may not be set/,
    'The SecurityContextConstraints that are to let it in also have to allow its seccomp profile, by seccompProfiles: [runtime/default].',
  ],
  [/is being terminated/, 'The namespace is being deleted: name another one.'],
]

/** What a refusal means for the person, and what to do; undefined where the server's words are all there is to say. */
export const meaningOf = (message: string) => MEANINGS.find(([pattern]) => pattern.test(message))?.[1]
