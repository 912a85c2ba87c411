/** Bytes at a place by which files are told that are no captures we read, and what the person may do. */
const FOREIGN: readonly (readonly [bytes: string, what: string, at?: number])[] = [
  ['\xa1\xb2\x34\xcd', 'a pcap file as modified by Francisco Mesquita'],
  ['\xcd\x34\xb2\xa1', 'a pcap file as modified by Francisco Mesquita'],
  ['\xa1\x2b\x3c\x4d', 'a pcap file as modified by Navtel'],
  ['\x4d\x3c\x2b\xa1', 'a pcap file as modified by Navtel'],
  ['btsnoop\0', 'a Bluetooth btsnoop capture'],
  ['GMBU', 'a Microsoft Network Monitor 2 capture'],
  ['RTSS', 'a Microsoft Network Monitor 1 capture'],
  ['TRSNIFF data', 'a Sniffer (DOS) capture'],
  ['XCP\0', 'a NetXRay or Sniffer (Windows) capture'],
  ['ObserverPktBuffer', 'a Network Instruments Observer capture'],
  ['\x7fver', 'a Savvius OmniPeek or AiroPeek capture'],
  ['iptrace 1.0', 'an AIX iptrace capture'],
  ['iptrace 2.0', 'an AIX iptrace capture'],
  ['\x54\x52\x00\x64', 'an HP-UX nettl trace'],
  ['\x05VNF', 'a Visual Networks capture'],
  ['\xaa\xaa\xaa\xaa', 'a 5Views capture'],
  ['EyeSDN', 'an EyeSDN trace'],
  ['\x42\xd2\x00\x34\x12\x66\x22\x88', 'a Radcom capture'],
  ['\x00\x00\x02\x00\x12\x05\x00\x10', 'a Tektronix K12 or K15 recording'],
  ['LOGG', 'a Vector BLF log'],
  ['Elf File\0', 'a Windows event log'],
  ['ElfFile\0', 'a Windows event log'],
  ['\x7fELF', 'a program'],
  ['MZ', 'a Windows program'],
  ['PK\x03\x04', 'a ZIP archive: unpack it first'],
  ['\xfd7zXZ\0', 'compressed with xz: unpack it first (xz -d)'],
  ['BZh', 'compressed with bzip2: unpack it first (bzip2 -d)'],
  // Only seen inside of what is compressed itself.
  ['\x1f\x8b\x08', 'compressed twice: unpack it once first (gzip -d)'],
  ['\x28\xb5\x2f\xfd', 'compressed twice: unpack it once first (zstd -d)'],
  ['\x04\x22\x4d\x18', 'compressed with lz4: unpack it first (lz4 -d)'],
  ['7z\xbc\xaf\x27\x1c', 'a 7-Zip archive: unpack it first'],
  ['Rar!', 'a RAR archive: unpack it first'],
  ['\x1f\x9d', 'compressed with compress: unpack it first (uncompress)'],
  ['%PDF', 'a PDF document'],
  ['ustar', 'a tar archive: unpack it first', 257],
]

/** What Wireshark reads and we do not. */
const CONVERTIBLE = /(capture|trace|recording|BLF log)$|pcap file/

/** How many bytes `describe` wants to see. */
export const SIGNATURE_LENGTH = 262

/** What the bytes are, as far as they tell, and what the person may do. No more is looked at than was waited for. */
export function describe(bytes: Uint8Array): string {
  const head = bytes.subarray(0, SIGNATURE_LENGTH)
  for (const [signature, what, at = 0] of FOREIGN) {
    if (!startsWith(head, signature, at)) continue
    return CONVERTIBLE.test(what)
      ? `${what}: editcap, which comes with Wireshark, can turn it into one that can be read (editcap FILE OUT.pcapng)`
      : what
  }
  const shown = Array.from(head.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join(' ')
  const isText = head.every(
    (byte) => (byte >= 0x20 && byte < 0x7f) || byte === 9 || byte === 10 || byte === 13 || byte >= 0x80,
  )
  return isText
    ? `text (it starts with ${JSON.stringify(asText(head.subarray(0, 24)))}): what a program prints holds no packets, what it writes to a file does (tcpdump -w FILE)`
    : `unknown (it starts with the bytes ${shown})`
}

function startsWith(head: Uint8Array, signature: string, at: number): boolean {
  if (head.length < at + signature.length) return false
  for (let i = 0; i < signature.length; i++) if (head[at + i] !== signature.charCodeAt(i)) return false
  return true
}

function asText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => (byte < 0x7f ? String.fromCharCode(byte) : '?')).join('')
}
