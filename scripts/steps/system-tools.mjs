import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { Plainly, say } from './project.mjs'
import { run } from './run.mjs'

/** What the tests run besides Node: any one of the commands will do; `apt` is Debian's package. */
export const TEST_TOOLS = [
  { commands: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'], apt: 'chromium' },
  { commands: ['tcpdump'], apt: 'tcpdump' },
  { commands: ['tshark'], apt: 'tshark' },
  // Networks, programs and faults of the test cluster's pods, which takes Linux.
  ...(process.platform === 'linux'
    ? [
        { commands: ['ip'], apt: 'iproute2' },
        { commands: ['ping'], apt: 'iputils-ping' },
        { commands: ['iptables'], apt: 'iptables' },
        { commands: ['sysctl'], apt: 'procps' },
        { commands: ['busybox'], apt: 'busybox' },
      ]
    : []),
]

/** What compiling node-pty takes; terminals lack without, the tests that pack the app fail. */
export const COMPILERS = [
  { commands: ['g++'], apt: 'g++' },
  { commands: ['make'], apt: 'make' },
  { commands: ['python3'], apt: 'python3' },
]

/** @typedef {(typeof TEST_TOOLS)[number]} Tool */

/**
 * Installs the tools that are missing when that needs no question (root, Debian or Ubuntu), else says what to install.
 * @param {readonly Tool[]} tools
 */
export async function ensureTools(tools) {
  const missing = tools.filter(isMissing)
  if (missing.length === 0) return
  const packages = missing.map((tool) => tool.apt)
  if (process.getuid?.() === 0 && find('apt-get')) {
    say(`Installing ${packages.join(', ')} (apt-get)...`)
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    await run('apt-get', ['update', '-qq'], { quiet: true, env })
    const args = ['install', '-y', '-qq', '--no-install-recommends', ...packages]
    const { output } = await run('apt-get', args, { quiet: true, env })
    if (!missing.some(isMissing)) return
    throw new Plainly(`apt-get could not install ${packages.join(', ')}: ${output.trim().split('\n').at(-1)}`)
  }
  throw new Plainly(
    `the tests need ${packages.join(', ')}; on Debian and Ubuntu: sudo apt-get install ${packages.join(' ')}`,
  )
}

/** @param {Tool} tool */
const isMissing = (tool) => !tool.commands.some(find)

/** @param {string} command */
function find(command) {
  // sbin as well: tcpdump lives there on some systems and a user's PATH leaves it out.
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/local/sbin']
  return folders.find((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
