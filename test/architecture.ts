// Who may import what. ARCHITECTURE.md shows the same as a table and says why; .oxlintrc.json says it while one types.

export interface Layer {
  readonly name: string
  readonly files: RegExp
  /** What its code may import: paths in the project, packages, node:*. */
  readonly imports: readonly RegExp[]
  /** What it may import as types only, besides. */
  readonly types?: readonly RegExp[]
  readonly rule: string
}

const NODE = /^node:/
const REACT = /^(react|react-dom|react-is)(\/|$)/
const PAGE_LIBRARIES =
  /^(zustand|lucide-react|recharts|react-resizable-panels|@tanstack\/react-virtual|@fontsource-variable\/|comlink|@xterm\/)/
const STYLES = /^renderer\/.*\.css$|\.css(\?.*)?$/

/** The first layer that matches a file is its layer. */
export const ALLOWED: readonly Layer[] = [
  {
    name: 'common',
    files: /^common\//,
    imports: [/^common\//, /^zod\/mini$/, /^capnweb$/],
    rule: 'common/ is what host and interface agree on: pure ECMAScript that knows neither.',
  },
  {
    name: 'engine',
    files: /^engine\//,
    imports: [/^engine\//, /^common\/model\//],
    rule: 'engine/ is pure, and knows of the rest only common/model.',
  },
  {
    name: 'main/electron',
    files: /^main\/electron(\.ts$|\/)/,
    imports: [/^main\//, /^common\//, /^electron$/, NODE, /^zod\/mini$/],
    rule: 'The desktop door knows the page only through the contract, and decodes nothing.',
  },
  {
    name: 'the commands',
    files: /^main\/(cli\.ts$|commands\/)/,
    imports: [/^main\/(?!electron)/, /^common\//, /^engine\/(engine|capture)\.ts$/, NODE],
    rule: 'The command line may use the engine by its front doors, and never Electron.',
  },
  {
    name: 'main',
    files: /^main\//,
    imports: [
      /^main\/(?!electron|commands|cli)/,
      /^common\//,
      NODE,
      /^zod\/mini$/,
      /^capnweb$/,
      /^ws$/,
      /^@kubernetes\/client-node$/,
      /^node-pty$/,
    ],
    rule: 'The host runs without Electron, decodes nothing, and knows interfaces only through the contract.',
  },
  {
    name: 'preload',
    files: /^preload\//,
    imports: [/^electron$/],
    rule: 'The preload hands over a port and knows nothing else.',
  },
  {
    name: 'the engine worker',
    files: /^renderer\/((engine|join)-worker\.ts$|worker\/)/,
    imports: [
      /^renderer\/worker\//,
      /^renderer\/app\/doors\/capture-bytes\.ts$/,
      /^engine\/engine\.ts$/,
      /^common\//,
      /^comlink$/,
    ],
    types: [/^renderer\/app\//, /^engine\//],
    rule: 'The worker wires the engine to its port, and draws nothing.',
  },
  {
    name: 'renderer/components',
    files: /^renderer\/components\//,
    imports: [/^renderer\/components\//, REACT, PAGE_LIBRARIES, STYLES, /^common\/model\//],
    types: [/^engine\//, /^common\//],
    rule: 'A component knows no feature.',
  },
  {
    name: 'renderer/features',
    files: /^renderer\/features\//,
    imports: [/^renderer\/components\//, REACT, PAGE_LIBRARIES, STYLES, /^common\//],
    types: [/^renderer\/(app|worker)\//, /^engine\//],
    rule: 'A feature knows components, the types of the app, and no other feature.',
  },
  {
    name: 'renderer',
    files: /^renderer\//,
    imports: [/^renderer\//, /^common\//, REACT, PAGE_LIBRARIES, STYLES, /^capnweb$/],
    types: [/^engine\//],
    rule: 'The page knows the host through the contract, and the engine through its worker.',
  },
]

export const MAX_LINES = 500

export interface Debt {
  readonly from: string
  /** What it should not import; or 'length'. */
  readonly to: string
  readonly reason: string
}

/** Known, and to be paid: each with its reason. A debt that is paid must leave the list, the test says so. */
export const DEBT: readonly Debt[] = []
