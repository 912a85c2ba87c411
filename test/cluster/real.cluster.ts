import { JourneyTarget } from './journey-target.ts'
import { journeys } from './journeys.ts'

journeys('journeys in the cluster of KUBECONFIG', () => JourneyTarget.open(process.env))
