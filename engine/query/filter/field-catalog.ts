import { payloadProtocolOf } from '../../decode/application-fields.ts'
import { FIELDS, fieldLayers } from '../../decode/fields.ts'
import type { FieldInfo } from '../../decode/field-info.ts'
import { TRANSPORT } from '../../decode/packet.ts'
import { ADDRESS_COLUMNS, streamReader } from './address-fields.ts'
import { CARRIED_FIELDS } from './carried-fields.ts'
import type { FilterField } from './filter-field.ts'
import { FRAME_FIELDS } from './frame-fields.ts'
import { headColumns, optionRows, payloadRows } from './head-fields.ts'
import { HOPSCOPE_FIELDS } from './hopscope-fields.ts'
import { PAYLOAD_ROWS, RESPONSE_FIELDS } from './payload-fields.ts'
import { TCP_ANALYSIS, TCP_COLUMNS } from './tcp-columns.ts'

/** Every field the display filter knows, by name. */
export type FieldCatalog = ReadonlyMap<string, FilterField>

const UDP_STREAM: FilterField = {
  name: 'udp.stream',
  type: 'uint',
  description: 'Stream index',
  columns: [streamReader(TRANSPORT.udp)],
  decoded: false,
}

/** What the list of packets says in a column; every packet is read for it. */
const LISTED: readonly FilterField[] = [
  { name: '_ws.col.protocol', type: 'string', description: 'Protocol, as the list has it', decoded: true },
  { name: '_ws.col.info', type: 'string', description: 'Info, as the list has it', decoded: true },
]

let known: FieldCatalog | undefined

/** The fields of columns and decoders, some hundred: the same for every capture. */
export const fieldCatalog = (): FieldCatalog => (known ??= allFields())

function allFields(): FieldCatalog {
  const catalog = new Map<string, FilterField>()
  for (const [name, info] of FIELDS) catalog.set(name, decodedField(name, info))
  for (const field of [
    ...FRAME_FIELDS,
    UDP_STREAM,
    ...TCP_ANALYSIS,
    ...RESPONSE_FIELDS,
    ...CARRIED_FIELDS,
    ...LISTED,
    ...HOPSCOPE_FIELDS,
  ]) {
    catalog.set(field.name, field)
  }
  return catalog
}

function decodedField(name: string, info: FieldInfo): FilterField {
  const columns = ADDRESS_COLUMNS.get(name) ?? TCP_COLUMNS.get(name) ?? headColumns(name, info.type)
  const max = highest(name, info)
  const payload = payloadProtocolOf(name)
  const rows = payload ? PAYLOAD_ROWS[payload] : /^(tcp|udp)\.payload$/.test(name) ? payloadRows : optionRows(name)
  return {
    name,
    type: info.type,
    description: info.description,
    decoded: true,
    layers: fieldLayers(name),
    ...(rows && { rows }),
    ...(info.onlyTrue && { onlyTrue: true }),
    ...(info.names && { names: info.names }),
    ...(info.words && { names: { 1: info.words[0], 0: info.words[1] } }),
    ...(max !== undefined && { max }),
    ...(columns && { columns }),
  }
}

/** Where a number that is too large is surely a mistake. */
function highest(name: string, info: FieldInfo): number | undefined {
  return info.type === 'uint' && name.endsWith('port') ? 0xffff : undefined
}
