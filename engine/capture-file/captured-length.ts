/** LINKTYPE_ values (https://www.tcpdump.org/linktypes.html) as tcpdump names them, and what they are. */
const LINK_TYPES: Readonly<Record<number, readonly [name: string, description: string]>> = {
  0: ['NULL', 'BSD loopback'],
  1: ['EN10MB', 'Ethernet'],
  3: ['AX25', 'AX.25'],
  6: ['IEEE802', 'Token Ring'],
  7: ['ARCNET', 'ARCNET'],
  8: ['SLIP', 'SLIP'],
  9: ['PPP', 'PPP'],
  10: ['FDDI', 'FDDI'],
  // In files from some systems: the value of DLT_RAW there.
  12: ['RAW', 'Raw IP'],
  14: ['RAW', 'Raw IP'],
  50: ['PPP_SERIAL', 'PPP over serial'],
  51: ['PPP_ETHER', 'PPP over Ethernet'],
  99: ['SYMANTEC_FIREWALL', 'Symantec Enterprise Firewall'],
  100: ['ATM_RFC1483', 'ATM, LLC encapsulation'],
  101: ['RAW', 'Raw IP'],
  104: ['C_HDLC', 'Cisco HDLC'],
  105: ['IEEE802_11', '802.11 wireless LAN'],
  107: ['FRELAY', 'Frame Relay'],
  108: ['LOOP', 'OpenBSD loopback'],
  109: ['ENC', 'OpenBSD encapsulated IP'],
  113: ['LINUX_SLL', 'Linux cooked capture v1'],
  114: ['LTALK', 'LocalTalk'],
  117: ['PFLOG', 'OpenBSD pf log'],
  119: ['PRISM_HEADER', '802.11 with Prism header'],
  122: ['IP_OVER_FC', 'IP over Fibre Channel'],
  123: ['SUNATM', 'SunATM'],
  127: ['IEEE802_11_RADIO', '802.11 with radiotap header'],
  129: ['ARCNET_LINUX', 'ARCNET, Linux header'],
  138: ['APPLE_IP_OVER_IEEE1394', 'IP over FireWire, Apple header'],
  140: ['MTP2', 'SS7 MTP2'],
  141: ['MTP3', 'SS7 MTP3'],
  142: ['SCCP', 'SS7 SCCP'],
  143: ['DOCSIS', 'DOCSIS'],
  144: ['LINUX_IRDA', 'Linux IrDA'],
  147: ['USER0', 'Private use 0'],
  148: ['USER1', 'Private use 1'],
  149: ['USER2', 'Private use 2'],
  150: ['USER3', 'Private use 3'],
  151: ['USER4', 'Private use 4'],
  152: ['USER5', 'Private use 5'],
  153: ['USER6', 'Private use 6'],
  154: ['USER7', 'Private use 7'],
  155: ['USER8', 'Private use 8'],
  156: ['USER9', 'Private use 9'],
  157: ['USER10', 'Private use 10'],
  158: ['USER11', 'Private use 11'],
  159: ['USER12', 'Private use 12'],
  160: ['USER13', 'Private use 13'],
  161: ['USER14', 'Private use 14'],
  162: ['USER15', 'Private use 15'],
  163: ['IEEE802_11_RADIO_AVS', '802.11 with AVS header'],
  165: ['BACNET_MS_TP', 'BACnet MS/TP'],
  166: ['PPP_PPPD', 'PPP with direction'],
  169: ['GPRS_LLC', 'GPRS LLC'],
  177: ['LINUX_LAPD', 'ISDN LAPD'],
  182: ['MFR', 'Multi-link Frame Relay'],
  187: ['BLUETOOTH_HCI_H4', 'Bluetooth HCI'],
  189: ['USB_LINUX', 'USB, Linux header'],
  192: ['PPI', 'Per-Packet Information'],
  195: ['IEEE802_15_4_WITHFCS', '802.15.4 with FCS'],
  197: ['ERF', 'Endace ERF'],
  201: ['BLUETOOTH_HCI_H4_WITH_PHDR', 'Bluetooth HCI with direction'],
  204: ['PPP_WITH_DIR', 'PPP with direction'],
  209: ['IPMB_LINUX', 'IPMB, Linux header'],
  215: ['IEEE802_15_4_NONASK_PHY', '802.15.4 with PHY header'],
  220: ['USB_LINUX_MMAPPED', 'USB, Linux header'],
  224: ['FC_2', 'Fibre Channel'],
  226: ['IPNET', 'Solaris ipnet'],
  227: ['CAN_SOCKETCAN', 'CAN bus'],
  228: ['IPV4', 'Raw IPv4'],
  229: ['IPV6', 'Raw IPv6'],
  230: ['IEEE802_15_4_NOFCS', '802.15.4'],
  231: ['DBUS', 'D-Bus'],
  235: ['DVB_CI', 'DVB Common Interface'],
  239: ['NFLOG', 'Linux netfilter log'],
  240: ['NETANALYZER', 'Hilscher netANALYZER'],
  242: ['IPOIB', 'IP over InfiniBand'],
  243: ['MPEG_2_TS', 'MPEG-2 transport stream'],
  247: ['INFINIBAND', 'InfiniBand'],
  248: ['SCTP', 'SCTP'],
  249: ['USBPCAP', 'USBPcap'],
  251: ['BLUETOOTH_LE_LL', 'Bluetooth Low Energy'],
  252: ['WIRESHARK_UPPER_PDU', 'Wireshark upper PDU export'],
  253: ['NETLINK', 'Linux netlink'],
  254: ['BLUETOOTH_LINUX_MONITOR', 'Bluetooth, Linux monitor'],
  256: ['BLUETOOTH_LE_LL_WITH_PHDR', 'Bluetooth Low Energy with radio header'],
  258: ['PKTAP', 'Apple pktap'],
  259: ['EPON', 'Ethernet passive optical network'],
  265: ['ISO_14443', 'Contactless cards'],
  271: ['VSOCK', 'Linux vsock'],
  272: ['NORDIC_BLE', 'Nordic Bluetooth sniffer'],
  274: ['ETHERNET_MPACKET', 'Ethernet mPackets'],
  276: ['LINUX_SLL2', 'Linux cooked capture v2'],
  279: ['EBHSCR', 'Elektrobit high-speed capture'],
  283: ['IEEE802_15_4_TAP', '802.15.4 with TAP header'],
  288: ['USB_2_0', 'USB 2.0'],
  293: ['USB_2_0_LOW_SPEED', 'USB 2.0, low speed'],
  294: ['USB_2_0_FULL_SPEED', 'USB 2.0, full speed'],
  295: ['USB_2_0_HIGH_SPEED', 'USB 2.0, high speed'],
}

/** LINUX_SLL2; "42" for one that has no name here. */
export function linkTypeName(linkType: number): string {
  return LINK_TYPES[linkType]?.[0] ?? String(linkType)
}

/** "Linux cooked capture v2"; "link type 42" for one that has no name here. */
export function linkTypeDescription(linkType: number): string {
  return LINK_TYPES[linkType]?.[1] ?? `link type ${linkType}`
}

const STANDARD_MAXIMUM = 262_144
const HIGHEST_BELIEVED_SNAP_LENGTH = 16 * 1024 * 1024

/**
 * The most bytes a packet of this link type can have in a file; more means that what is read as a length is none. 256 KiB as in libpcap
 * and Wireshark, larger for the links that have larger packets and where the snap length says so (but not when that means "unlimited").
 */
export function maximumCapturedLength(linkType: number, snapLength: number): number {
  switch (linkType) {
    case 189:
    case 220:
    case 231:
    case 249:
      return 128 * 1024 * 1024
    case 279:
      return 32 * 1024 * 1024
    default:
      return snapLength > STANDARD_MAXIMUM && snapLength <= HIGHEST_BELIEVED_SNAP_LENGTH ? snapLength : STANDARD_MAXIMUM
  }
}
