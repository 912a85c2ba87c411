export { FollowStream } from './follow.tsx'
