import { describe, expect, it } from 'vitest'
import { userFolder } from './user-folder.ts'

describe("the person's folder", () => {
  it.each([
    ['linux', {}, '/home/sre/.config/hopscope'],
    ['linux', { XDG_CONFIG_HOME: '/xdg' }, '/xdg/hopscope'],
    ['linux', { XDG_CONFIG_HOME: 'relative' }, '/home/sre/.config/hopscope'],
    ['darwin', {}, '/home/sre/Library/Application Support/Hopscope'],
    ['win32', { APPDATA: '/roaming' }, '/roaming/Hopscope'],
    ['linux', { XDG_CONFIG_HOME: '/xdg', HOPSCOPE_CONFIG: '/mine' }, '/mine'],
  ] as const)('on %s with %j is %s', (platform, env, folder) => {
    expect(userFolder(platform, env, '/home/sre')).toBe(folder)
  })
})
