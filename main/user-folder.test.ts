import { describe, expect, it } from 'vitest'
import { cacheFolder, dataFolder, userFolder } from './user-folder.ts'

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

describe("the folder of the person's captures", () => {
  it.each([
    ['linux', {}, '/home/sre/.local/share/hopscope'],
    ['linux', { XDG_DATA_HOME: '/xdg' }, '/xdg/hopscope'],
    ['linux', { XDG_DATA_HOME: 'relative' }, '/home/sre/.local/share/hopscope'],
    ['darwin', {}, '/home/sre/Library/Application Support/Hopscope'],
    ['win32', { LOCALAPPDATA: '/local', APPDATA: '/roaming' }, '/local/Hopscope'],
    ['linux', { XDG_DATA_HOME: '/xdg', HOPSCOPE_CONFIG: '/mine' }, '/mine'],
    ['linux', { HOPSCOPE_DATA: '/big', HOPSCOPE_CONFIG: '/mine' }, '/big'],
  ] as const)('on %s with %j is %s', (platform, env, folder) => {
    expect(dataFolder(platform, env, '/home/sre')).toBe(folder)
  })
})

describe('the folder of what can be made again', () => {
  it.each([
    ['linux', {}, '/home/sre/.cache/hopscope'],
    ['linux', { XDG_CACHE_HOME: '/xdg' }, '/xdg/hopscope'],
    ['linux', { XDG_CACHE_HOME: 'relative' }, '/home/sre/.cache/hopscope'],
    ['darwin', {}, '/home/sre/Library/Caches/Hopscope'],
    ['win32', { LOCALAPPDATA: '/local' }, '/local/Hopscope/cache'],
    ['linux', { XDG_CACHE_HOME: '/xdg', HOPSCOPE_CONFIG: '/mine' }, '/mine/cache'],
  ] as const)('on %s with %j is %s', (platform, env, folder) => {
    expect(cacheFolder(platform, env, '/home/sre')).toBe(folder)
  })
})
