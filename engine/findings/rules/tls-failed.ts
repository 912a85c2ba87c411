import { podOf, tlsHello } from '../commands.ts'
import type { FindingContext } from '../context.ts'
import { about, byServer, clientsText, type Group, worst } from '../groups.ts'
import { CHUNK_ROWS, FLAG } from '../../columns/packet-table.ts'
import { type Request, requestCounts, requestsOf } from '../requests.ts'
import type { Draft, Rule } from '../rule.ts'
import { capital, listOf, partOf, sentences, whenText } from '../words.ts'

const PROTOCOLS: ReadonlySet<string> = new Set(['tls'])

interface Failure extends Request {
  /** -1 = not found. */
  readonly alertRow: number
  readonly byClient: boolean
}

/** What an alert says, if the client sends it and if the server does (RFC 8446 section 6.2). */
const SAYS: Readonly<Record<string, readonly [client: string, server: string]>> = {
  unknown_ca: [
    'the client does not trust whoever signed the server’s certificate',
    'the server does not trust whoever signed the client’s certificate',
  ],
  certificate_expired: [
    'the server’s certificate has expired or is not valid yet, by the client’s clock',
    'the client’s certificate has expired or is not valid yet, by the server’s clock',
  ],
  bad_certificate: [
    'the client does not accept the server’s certificate (its name or signature)',
    'the server does not accept the client’s certificate, or got none',
  ],
  certificate_unknown: [
    'the client does not accept the server’s certificate',
    'the server does not accept the client’s certificate',
  ],
  certificate_revoked: ['the server’s certificate was revoked', 'the client’s certificate was revoked'],
  unsupported_certificate: [
    'the client can’t use the server’s kind of certificate',
    'the server can’t use the client’s kind of certificate',
  ],
  certificate_required: ['', 'the server wants a certificate of the client (mutual TLS) and got none'],
  handshake_failure: [
    'they have no cipher or parameter in common',
    'they have no cipher or parameter in common, or the server wants a certificate of the client',
  ],
  protocol_version: ['they have no version of TLS in common', 'they have no version of TLS in common'],
  unrecognized_name: ['', 'the server has no certificate for the name that was asked for'],
  no_application_protocol: ['', 'the server speaks none of the protocols that the client offers (ALPN)'],
  access_denied: ['', 'the server has the client’s certificate and does not let it in'],
  decrypt_error: ['a signature or key does not fit', 'a signature or key does not fit'],
  internal_error: ['the client failed', 'the server failed'],
  encrypted: [
    'what it says can’t be read; most often the client does not trust the server’s certificate',
    'what it says can’t be read; most often the server wants a certificate of the client',
  ],
}

const ENCRYPTED = 'encrypted'

/** Handshakes that one side ended with an alert, and what it said. */
export const tlsFailed: Rule = {
  kind: 'tls-failed',
  title: 'TLS handshakes fail',
  severity: 'high',
  thresholds: {},
  source: 'https://datatracker.ietf.org/doc/html/rfc8446#section-6.2',
  artefacts: {},
  yieldsTo: [],
  find(context) {
    const failures = requestsOf(context, PROTOCOLS, ({ failed }) => failed).flatMap(
      (request) => failureOf(context, request) ?? [],
    )
    if (failures.length === 0) return []
    const counts = requestCounts(context, PROTOCOLS)
    return byServer(context, failures).flatMap((group) =>
      Array.from(Map.groupBy(group.cases, ({ answer, byClient }) => `${answer} ${byClient}`).values(), (cases) =>
        draft(context, byServer(context, cases)[0], counts.get(group.key) ?? 0),
      ),
    )
  },
}

function failureOf(context: FindingContext, request: Request): Failure | undefined {
  const name = alertOf(request)
  if (name === undefined) return undefined
  const { exchanges, packets } = context.tables
  const alertRow = exchanges.facts(request.id).find((fact) => fact.name === 'alert' && fact.value === name)?.row ?? -1
  if (alertRow < 0) return undefined
  const isReverse = (packets.chunk(alertRow).flags[alertRow % CHUNK_ROWS] & FLAG.reverse) !== 0
  return { ...request, alertRow, byClient: isReverse === context.clientIsB(request.id) }
}

/** "encrypted" where it can't be read. */
const alertOf = ({ answer }: Request): string | undefined =>
  answer === 'encrypted alert' ? ENCRYPTED : /^alert (\w+)$/.exec(answer)?.[1]

function draft(context: FindingContext, group: Group<Failure>, all: number): Draft {
  const { cases, server } = group
  const [{ byClient }] = cases
  const name = alertOf(cases[0]) ?? ''
  const says = SAYS[name]?.[byClient ? 0 : 1] || `the ${byClient ? 'client' : 'server'} ended it`
  const names = Array.from(new Set(cases.map(({ ask }) => ask.replace(/^ClientHello ?/, '')))).filter(
    (each) => each !== '',
  )
  const whom = byClient ? clientsText(context, group) : context.namedEnd(server)
  return {
    ...about(group),
    title: `TLS with ${context.shortEnd(server)} fails: ${name === ENCRYPTED ? 'alert' : name.replaceAll('_', ' ')}`,
    subject: `${server.address} ${server.port} ${name} ${byClient ? 'client' : 'server'}`,
    count: cases.length,
    failed: cases.length,
    sentence: sentences(
      `${capital(partOf(cases.length, all, 'TLS handshake'))} of ${clientsText(context, group)} with ${context.namedEnd(server)}${names.length > 0 ? ` (as ${listOf(names.map((each) => `“${each}”`))})` : ''} ended with ${name === ENCRYPTED ? 'an encrypted alert' : `the alert ${name}`} ${whenText(group.since, group.until)}.`,
      `The ${byClient ? 'client' : 'server'} sent it: ${says}.`,
    ),
    why: `${whom} said so before it ended the connection.`,
    confidence: name === ENCRYPTED ? 0.7 : 0.95,
    blamed: `certificates or TLS settings of ${byClient ? 'the server, or what the client trusts' : 'the client, or what the server asks for'}; not the network`,
    evidence: worst(cases, 6).flatMap(({ requestRow, alertRow }) => [
      { row: requestRow, role: 'the ClientHello' },
      { row: alertRow, role: 'the alert' },
    ]),
    ruledOut: [
      'A port that is closed or filtered: the connection was open.',
      'The network: hello and alert got through.',
    ],
    confirm: [tlsHello(server.address, server.port), podOf(server.address)],
    filter: context.filter(group.ids, 'tls'),
  }
}
