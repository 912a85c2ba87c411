import { describe, expect, it } from 'vitest'
import { defaultInterface, defaultRoute, tcpdumpCommand } from './tcpdump.ts'

describe('the command', () => {
  it('has the filter as one argument behind --, whatever it holds', () => {
    const command = tcpdumpCommand([], { interface: 'eth0', snapLength: 128, filter: '-w /tmp/x; reboot' })
    expect(command.slice(-2)).toEqual(['--', '-w /tmp/x; reboot'])
    expect(command).toContain('--immediate-mode')
  })

  it('takes eth0 where there is one, else the first that is up and real', () => {
    const up = (name: string) => ({ name, up: true })
    expect(defaultInterface([up('lo'), up('net1'), up('eth0')])).toBe('eth0')
    expect(defaultInterface([up('any'), up('lo'), { name: 'dummy0', up: false }, up('ens5')])).toBe('ens5')
    expect(defaultInterface([up('lo')])).toBeUndefined()
  })

  it('takes the interface of the default route, before the bridges and tunnels of a node', () => {
    const up = (name: string) => ({ name, up: true })
    const node = [up('cni0'), up('flannel.1'), up('ens192'), up('lo')]
    expect(defaultInterface(node)).toBe('cni0')
    // As the files were on two nodes.
    const v4 = [
      'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
      'wlan0\t00000000\t010011AC\t0003\t0\t0\t600\t00000000\t0\t0\t0',
      'ens192\t00000000\t010011AC\t0003\t0\t0\t100\t00000000\t0\t0\t0',
      'cni0\t0000F40A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
    ].join('\n')
    const zero = '0'.repeat(32)
    const hop = 'fe800000000000000000000000000001'
    const v6 = [
      `fe800000000000000000000000000000 40 ${zero} 00 ${zero} 00000100 00000001 00000000 00000001 cni0`,
      `${zero} 00 ${zero} 00 ${zero} ffffffff 00000001 00000000 00200200       lo`,
      `${zero} 00 ${zero} 00 ${hop} 00000400 00000003 00000000 00000003   ens192`,
    ].join('\n')
    for (const tables of [v4, v6, `${v4}\n${v6}`]) expect(defaultInterface(node, defaultRoute(tables))).toBe('ens192')
    expect(defaultRoute('')).toBeUndefined()
  })
})
