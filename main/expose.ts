import { RpcTarget } from 'capnweb'
import type * as z from 'zod/mini'
import { contractInputs } from '../common/contract.ts'
import type { HostContract } from '../common/contract.ts'
import { HostError } from '../common/host-error.ts'
import { crossing } from './crossing.ts'
import { SubscriptionTarget } from './subscription-target.ts'

type Schemas = readonly z.ZodMiniType[]

/**
 * The contract as the other end of a connection may call it: exactly the methods that contractInputs lists, each argument validated
 * before the service sees it, each error reduced to a code and a message.
 * @param report is told of errors that are ours (code 'internal'), with all that a log may know
 */
export function exposeContract(contract: HostContract, report: (where: string, error: unknown) => void): RpcTarget {
  class Contract extends RpcTarget {}
  for (const [section, methods] of Object.entries(contractInputs)) {
    const exposed = exposeSection(section, methods, Reflect.get(contract, section), report)
    // Remote ends see what is on the prototype, and nothing else.
    Object.defineProperty(Contract.prototype, section, { get: () => exposed })
  }
  return new Contract()
}

function exposeSection(
  section: string,
  methods: Readonly<Record<string, Schemas>>,
  service: object,
  report: (where: string, error: unknown) => void,
): RpcTarget {
  class Section extends RpcTarget {}
  for (const [method, schemas] of Object.entries(methods)) {
    const implementation: unknown = Reflect.get(service, method)
    if (typeof implementation !== 'function') throw new Error(`The service of "${section}" lacks ${method}().`)
    const where = `${section}.${method}`
    const reportHere = (error: unknown) => report(where, error)
    Object.defineProperty(Section.prototype, method, {
      value: async (...args: readonly unknown[]) => {
        try {
          const result: unknown = await Reflect.apply(implementation, service, validated(where, schemas, args))
          return result instanceof ReadableStream ? new SubscriptionTarget(result, reportHere) : result
        } catch (error) {
          throw crossing(error, reportHere)
        }
      },
    })
  }
  return new Section()
}

function validated(where: string, schemas: Schemas, args: readonly unknown[]): unknown[] {
  if (args.length > schemas.length) {
    throw new HostError('invalid-argument', `${where} takes ${schemas.length} arguments, not ${args.length}.`)
  }
  return schemas.map((schema, index) => {
    const result = schema.safeParse(args[index])
    if (result.success) return result.data
    const problems = result.error.issues.map(({ path, message }) =>
      [path.join('.'), message].filter(Boolean).join(': '),
    )
    throw new HostError('invalid-argument', `${where}, argument ${index + 1}: ${problems.join('; ')}`)
  })
}
