import { JourneyTarget } from './journey-target.ts'
import { journeys } from './journeys.ts'
import { lookingJourneys } from './looking-journeys.ts'
import { terminalJourneys } from './terminal-journeys.ts'

journeys('journeys in the cluster of KUBECONFIG', () => JourneyTarget.open(process.env))
lookingJourneys('looking only, in the cluster of KUBECONFIG', () => JourneyTarget.open(process.env))
terminalJourneys('journeys in terminals, in the cluster of KUBECONFIG', () => JourneyTarget.open(process.env))
