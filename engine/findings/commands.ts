import type { ConfirmCommand } from '../../common/model/finding.ts'

// Commands that confirm a finding. They get addresses and ports as we print them (digits, hex, dots, colons) and nothing else, so
// there is nothing in them that a shell could take for more than a word; `word` makes sure of it.

function word(text: string | number): string {
  const plain = String(text)
  if (!/^[0-9a-fA-F.:]+$/.test(plain)) throw new Error(`"${plain}" is no address`)
  return plain
}

export const podOf = (address: string): ConfirmCommand => ({
  command: `kubectl get pods -A -o wide --field-selector=status.podIP=${word(address)}`,
  about: 'which pod has the address now, on which node, since when and how often restarted',
})

export const serviceOf = (address: string): ConfirmCommand => ({
  command: `kubectl get services,endpointslices -A -o wide | grep -Fw ${word(address)}`,
  about: 'which service or endpoint has the address',
})

/** To be run in the network namespace of the pod with the address. */
export const inPod = (command: string, about: string): ConfirmCommand => ({ command, about })

export const capturePoint = (address: string, port: number): ConfirmCommand => ({
  command: `tcpdump -ni any host ${word(address)} and tcp port ${word(port)}`,
  about: 'on the other node, or in the other pod: whether these packets arrive there',
})

export const listeners = (port: number): ConfirmCommand => ({
  command: `ss -ltn sport = :${word(port)}`,
  about: 'in the server pod: who listens, how many wait to be accepted (Recv-Q) and how many may (Send-Q)',
})

export const listenDrops: ConfirmCommand = {
  command: 'nstat -az TcpExtListenOverflows TcpExtListenDrops',
  about: 'in the network namespace of the server pod, twice: whether the counts grow',
}

export const conntrackDrops: ConfirmCommand = {
  command: 'conntrack -S',
  about: 'on the node, twice: whether insert_failed or drop grow',
}

export const policies: ConfirmCommand = {
  command: 'kubectl get networkpolicies -A',
  about: 'whether one selects the server and does not allow this port',
}

export function tlsHello(address: string, port: number): ConfirmCommand {
  // Brackets mean something to a shell.
  const end = address.includes(':') ? `'[${word(address)}]:${word(port)}'` : `${word(address)}:${word(port)}`
  return {
    command: `openssl s_client -showcerts -connect ${end}`,
    about:
      'in the client pod, with -servername NAME: which certificates the server sends, and until when they are valid',
  }
}

export const route = (address: string): ConfirmCommand => ({
  command: `ip route get ${word(address)}`,
  about: 'in the sending pod and on its node: the way taken, and the MTU known for it',
})

export const tracePath = (address: string): ConfirmCommand => ({
  command: `tracepath -n ${word(address)}`,
  about: 'in the sending pod: the hops, and where the time is spent',
})

export const ping = (address: string, ipLength: number): ConfirmCommand => ({
  command: `ping -M do -c 3 -s ${word(Math.max(0, ipLength - 28))} ${word(address)}`,
  about: `from the sending pod: whether packets of ${ipLength} bytes get there`,
})

export const retransmissionCounts: ConfirmCommand = {
  command: 'nstat -az TcpRetransSegs TcpExtTCPTimeouts TcpExtTCPLossProbes',
  about: 'in the sending pod, twice: whether the counts grow now',
}

export const nodeEvents: ConfirmCommand = {
  command: 'kubectl get events -A --field-selector=involvedObject.kind=Node',
  about: 'whether a node was lost, restarted or under pressure at that time',
}

export const interfaceDrops: ConfirmCommand = {
  command: 'ip -s -s link',
  about: 'on both nodes: drops and errors of the interfaces on the way',
}

export const neighbour = (address: string): ConfirmCommand => ({
  command: `ip neigh show ${word(address)}`,
  about: 'on hosts of that network: which hardware address they use now',
})

export const openSockets = (address: string): ConfirmCommand => ({
  command: `ss -tino dst ${word(address)}`,
  about: 'in the client pod: connections that still wait, their timers and retransmissions',
})

export const receiveQueues = (sender: string): ConfirmCommand => ({
  command: `ss -tin dst ${word(sender)}`,
  about: 'in the pod that reads: a Recv-Q that stays full is data that its program does not take',
})

export const dnsOverTcp = (server: string): ConfirmCommand => ({
  command: `dig +tcp @${word(server)} kubernetes.default.svc.cluster.local`,
  about: 'in the client pod: whether the server answers over TCP',
})

export const conntrackOf = (address: string): ConfirmCommand => ({
  command: `conntrack -L -d ${word(address)}`,
  about: 'on the node of the client: what is known of the connections, and for how long',
})
