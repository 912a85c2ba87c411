import { resolve } from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'electron-vite'

const root = import.meta.dirname

// scripts/build.mjs builds into a folder aside and swaps it in whole, target by target; see there.
const out = resolve(root, process.env['HOPSCOPE_BUILD_OUT'] ?? 'out')
const targets = (process.env['HOPSCOPE_BUILD_TARGETS'] ?? 'main,preload,renderer').split(',')

// The licences of what is bundled ask to go along with it.
const license = { fileName: 'licenses.md' }

// An import of a built-in module takes hold of every name it has, so that Node loads what is behind them (streams, workers, readline...): seven
// milliseconds of each start of the command line.
const builtinsAsAsked = {
  name: 'builtins-as-asked',
  renderChunk: (code: string) => ({
    code: code.replaceAll(
      /^import \{([^}]+)\} from "(node:[\w/]+)";$/gm,
      (_, names: string, module: string) =>
        `const {${names.replaceAll(' as ', ': ')}} = process.getBuiltinModule("${module}");`,
    ),
    map: null,
  }),
}

const main = {
  plugins: [builtinsAsAsked],
  build: {
    outDir: resolve(out, 'main'),
    // The same files run in Electron and, for the command line and `serve`, in Node from 22.19 on.
    target: 'node22.19',
    sourcemap: true,
    license,
    // Everything is bundled (so the packed app has each library once, and the command line loads one small file), except what is native.
    externalizeDeps: false,
    rolldownOptions: {
      input: { electron: resolve(root, 'main/electron.ts'), cli: resolve(root, 'main/cli.ts') },
      external: ['node-pty'],
      output: {
        entryFileNames: '[name].js',
        chunkFileNames: 'chunks/[name]-[hash].js',
        // Each file is most of a millisecond at each start: two of them are what the command line always needs and what reads a capture.
        codeSplitting: {
          groups: [
            {
              name: 'start',
              test: /\/main\/commands\/(?:command|help-text|write-out)\.ts$|\/main\/user-folder\.ts$/,
              priority: 1,
            },
            { name: 'expert', test: /\/main\/commands\/expert\.ts$/ },
          ],
        },
        // Else each top-level `const` becomes a `var`, which V8 can't take for a constant: the engine took a seventh longer.
        topLevelVar: false,
        // A file with a character beyond ASCII is taken as UTF-16: twice the memory, and slower at each start.
        minify: { compress: false, mangle: false, codegen: { removeWhitespace: false, asciiOnly: true } },
        comments: false,
      },
    },
  },
}

const preload = {
  build: {
    outDir: resolve(out, 'preload'),
    externalizeDeps: false,
    rolldownOptions: {
      input: { index: resolve(root, 'preload/index.ts') },
      // A sandboxed preload cannot be an ES module.
      output: { format: 'cjs' as const, entryFileNames: '[name].cjs' },
    },
  },
}

const renderer = {
  root: resolve(root, 'renderer'),
  plugins: [react()],
  worker: { format: 'es' as const },
  build: {
    outDir: resolve(out, 'renderer'),
    emptyOutDir: true,
    // Also served to the person's own browser: not only what Electron's Chromium can.
    target: 'es2023',
    minify: true,
    sourcemap: true,
    license,
    rolldownOptions: {
      input: { index: resolve(root, 'renderer/index.html') },
      // By itself, as what has a part in the first picture is to be loaded in pieces: each is a task in which the window doesn't answer.
      output: { codeSplitting: { groups: [{ name: 'react', test: /node_modules\/(?:react|react-dom|scheduler)\// }] } },
    },
  },
}

export default defineConfig({
  ...(targets.includes('main') && { main }),
  ...(targets.includes('preload') && { preload }),
  ...(targets.includes('renderer') && { renderer }),
})
