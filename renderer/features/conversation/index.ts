export { FollowStream } from './follow.tsx'
export { Graph } from './graph.tsx'
export { Ladder } from './ladder.tsx'
