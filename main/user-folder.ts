import { homedir } from 'node:os'
import { join } from 'node:path'

/** The folder for the person's settings, as their system has it; HOPSCOPE_CONFIG overrides it. */
export function userFolder(
  platform: NodeJS.Platform = process.platform,
  env: Readonly<Record<string, string | undefined>> = process.env,
  home: string = homedir(),
): string {
  if (env['HOPSCOPE_CONFIG']) return env['HOPSCOPE_CONFIG']
  switch (platform) {
    case 'win32':
      return join(env['APPDATA'] ?? join(home, 'AppData', 'Roaming'), 'Hopscope')
    case 'darwin':
      return join(home, 'Library', 'Application Support', 'Hopscope')
    default: {
      // The XDG specification: a relative path is to be ignored.
      const configured = env['XDG_CONFIG_HOME']
      return join(configured?.startsWith('/') ? configured : join(home, '.config'), 'hopscope')
    }
  }
}

/** The folder for what the person makes, above all captures: apart from settings, which are copied between machines. HOPSCOPE_DATA overrides it. */
export function dataFolder(
  platform: NodeJS.Platform = process.platform,
  env: Readonly<Record<string, string | undefined>> = process.env,
  home: string = homedir(),
): string {
  if (env['HOPSCOPE_DATA']) return env['HOPSCOPE_DATA']
  if (env['HOPSCOPE_CONFIG']) return env['HOPSCOPE_CONFIG']
  switch (platform) {
    case 'win32':
      return join(env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'), 'Hopscope')
    case 'darwin':
      return join(home, 'Library', 'Application Support', 'Hopscope')
    default: {
      const configured = env['XDG_DATA_HOME']
      return join(configured?.startsWith('/') ? configured : join(home, '.local', 'share'), 'hopscope')
    }
  }
}

/** The folder for what can be made again at any time. HOPSCOPE_CONFIG overrides it. */
export function cacheFolder(
  platform: NodeJS.Platform = process.platform,
  env: Readonly<Record<string, string | undefined>> = process.env,
  home: string = homedir(),
): string {
  if (env['HOPSCOPE_CONFIG']) return join(env['HOPSCOPE_CONFIG'], 'cache')
  switch (platform) {
    case 'win32':
      return join(env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'), 'Hopscope', 'cache')
    case 'darwin':
      return join(home, 'Library', 'Caches', 'Hopscope')
    default: {
      const configured = env['XDG_CACHE_HOME']
      return join(configured?.startsWith('/') ? configured : join(home, '.cache'), 'hopscope')
    }
  }
}
