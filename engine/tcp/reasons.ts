import { EVIDENCE, NEED, VERDICT, type Verdicts } from './verdicts.ts'

/** What each kind of evidence says, as the end of a sentence that starts with the verdict. */
const SAYS: Readonly<Record<number, string>> = {
  [EVIDENCE.sameIpId]: 'it has the IP ID of the packet seen before, and every transmission has its own',
  [EVIDENCE.sameTimestamp]: 'it is the packet seen before down to its timestamps',
  [EVIDENCE.sooner]: 'it is alike in every field, and came sooner than anything seen here could have sent it again',
  [EVIDENCE.sameReset]:
    'a reset alike in every field was seen a moment ago, as often as this connection’s packets are captured here',
  [EVIDENCE.partOfSegment]: 'it is part of a larger segment seen before it was cut up (segmentation offload)',
  [EVIDENCE.olderIpId]: 'its IP ID is older than that of packets that came before it: it was sent first and overtaken',
  [EVIDENCE.olderTimestamp]:
    'its timestamp is older than that of packets that came before it: it was sent first and overtaken',
  [EVIDENCE.lateAnswer]:
    'it answers an earlier SYN than the last, and came neither a round trip after that nor when a timer sends it again: it was late, or what it answers',
  [EVIDENCE.quickAfterHole]: 'it filled the gap sooner than a retransmission could have',
  [EVIDENCE.sacked]: 'later bytes were selectively acknowledged, these were not',
  [EVIDENCE.duplicateAcks]: 'three or more duplicate ACKs asked for these bytes',
  [EVIDENCE.partialAck]: 'an ACK that stopped short of it came before, and no time-out or probe was due yet',
  [EVIDENCE.timerAfterProbe]:
    'a tail loss probe had been sent before, and there is no second one until more than that is acknowledged',
  [EVIDENCE.timerInRecovery]: 'no ACK brought news for longer than a retransmission time-out takes',
  [EVIDENCE.timerInLoss]: 'a retransmission time-out had struck before and recovery was not complete',
  [EVIDENCE.timerNotTail]:
    'no ACK asked for it, and it is not the last segment alone, as a probe would be, so a time-out sent it',
  [EVIDENCE.noSack]: 'no ACK asked for it, and without SACK there are no tail loss probes',
  [EVIDENCE.tail]: 'it is the last segment sent, and no ACK had asked for it',
  [EVIDENCE.noProbes]: 'no ACK asked for it, and its host sends no tail loss probes: time-outs came where one was due',
  [EVIDENCE.handshake]: 'the handshake was not answered in time',
  [EVIDENCE.ipIdGap]: 'packets are missing before it by their IP IDs, more than can have been ACKs',
  [EVIDENCE.echoesFirstSyn]: 'it echoes the timestamp of a SYN that was sent again since, which was answered, too',
}

const NEEDED: Readonly<Record<number, string>> = {
  [NEED.spurious]: ' The receiver had the bytes already.',
  [NEED.likely]:
    ' ACKs are missing by their IP IDs and segments are not: the receiver most likely had the bytes already.',
  [NEED.arrived]:
    ' Duplicate ACKs had told of most of what was sent behind the first gap: the receiver most likely had the bytes already.',
  [NEED.early]:
    ' It came sooner than any timer, as an answer to a SYN that came twice: the receiver most likely had the one before.',
  [NEED.heeded]:
    ' Nothing else acknowledged what the other side had sent, which was not sent again: the receiver most likely had the bytes already.',
  [NEED.ended]:
    ' The receiver had acknowledged what was sent along with it, and has no connection any more (its reset or FIN did not pass here): it most likely had the bytes already.',
  [NEED.open]:
    ' Packets are missing before its answer, so whether the receiver had the bytes already cannot be told from here.',
}

const NAME: Readonly<Record<number, string>> = {
  [VERDICT.fast]: 'Fast retransmission',
  [VERDICT.rto]: 'Retransmission time-out',
  [VERDICT.tlp]: 'Tail loss probe',
  [VERDICT.syn]: 'SYN sent again',
  [VERDICT.synack]: 'SYN-ACK sent again',
  [VERDICT.retransmission]: 'Retransmission of a kind that cannot be told',
  [VERDICT.copy]: 'The same packet again, not a retransmission',
  [VERDICT.reordered]: 'Reordered, not retransmitted',
}

/** Why the packet got its verdict, in a sentence; `entry` is one of Verdicts.find, `before` the frames of the file in front of row 0. */
export function reasonText(verdicts: Verdicts, entry: number, { before }: { readonly before: number }): string {
  const verdict = verdicts.verdict(entry)
  const says = SAYS[verdicts.evidence(entry)]
  const name = NAME[verdict] ?? ''
  const head = says === undefined ? name : `${name}: ${says}`
  if (verdict === VERDICT.copy || verdict === VERDICT.reordered) return `${head}.`
  if (verdicts.wasAcknowledged(entry)) {
    return `${head}. The receiver had acknowledged these bytes before they passed here again: it had them already.`
  }
  const original = verdicts.original(entry)
  const passed =
    original !== undefined
      ? `The one before passed here as frame ${before + original + 1}, so it was lost beyond this point, or its ACK was.`
      : 'The one before did not pass here, so it was lost before this point.'
  return `${head}. ${passed}${NEEDED[verdicts.need(entry)] ?? ''}`
}
