export { ContextFiles, Contexts } from './contexts.tsx'
export { Leftovers } from './leftovers.tsx'
