/** Writes the types of the client: what the API's description says of each operation, in TypeScript. */

interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly prefixItems?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
}

interface Described {
  readonly summary: string;
  readonly parameters: readonly { readonly name: string; readonly required: boolean; readonly schema: JsonSchema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: JsonSchema }>> };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: JsonSchema }>> }>
  >;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

/** The text of the file. */
export function printOperations(document: object): string {
  const { paths, components } = document as Document;
  const named = Object.entries(components.schemas)
    .map(([name, schema]) => `/** ${name} of the API. */\nexport type ${name} = ${printType(schema)};\n`)
    .join('\n');
  const operations = Object.entries(paths).map(([path, methods]) => {
    const entries = Object.entries(methods).map(
      ([method, one]) => `/** ${one.summary}. */\n${method}: { input: ${inputOf(one)}; output: ${outputOf(one)} };`,
    );
    return `'${path}': {\n${entries.join('\n')}\n};`;
  });
  return `/** The operations of the API, written from its description: to change it, change the operations. */\n\n${named}\n/** Input and output of each operation, by path and method. */\nexport interface RestOperations {\n${operations.join('\n')}\n}\n`;
}

function inputOf({ parameters, requestBody }: Described): string {
  const body = requestBody?.content['application/json']?.schema;
  const fields = new Map<string, string>();
  for (const { name, required, schema } of parameters) fields.set(name, field(name, required, schema));
  for (const [name, schema] of Object.entries(body?.properties ?? {})) {
    fields.set(name, field(name, body?.required?.includes(name) ?? false, schema));
  }
  return `{ ${[...fields.values()].join(' ')} }`;
}

function outputOf({ responses }: Described): string {
  const schema = responses['200']?.content?.['application/json']?.schema;
  return schema ? printType(schema) : 'never';
}

function field(name: string, required: boolean, schema: JsonSchema): string {
  const key = /^\w+$/.test(name) ? name : `'${name}'`;
  return `${key}${required ? '' : '?'}: ${printType(schema)}${required ? '' : ' | undefined'};`;
}

function printType(schema: JsonSchema): string {
  if (schema.$ref) return schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1);
  if ('const' in schema) return literal(schema.const);
  if (schema.enum) return schema.enum.map(literal).join(' | ');
  if (schema.anyOf) return schema.anyOf.map(printType).join(' | ');
  switch (schema.type) {
    case 'string':
      return 'string';
    case 'number':
    case 'integer':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'null':
      return 'null';
    case 'array':
      return schema.prefixItems
        ? `[${schema.prefixItems.map(printType).join(', ')}]`
        : `(${printType(schema.items ?? {})})[]`;
    case 'object':
      return printObject(schema);
    default:
      return 'unknown';
  }
}

function printObject({ properties = {}, required = [], additionalProperties }: JsonSchema): string {
  const fields = Object.entries(properties).map(([name, schema]) => field(name, required.includes(name), schema));
  if (fields.length > 0) return `{ ${fields.join(' ')} }`;
  return typeof additionalProperties === 'object'
    ? `{ [name: string]: ${printType(additionalProperties)} }`
    : 'Record<string, never>';
}

const literal = (value: unknown): string =>
  typeof value === 'string' ? `'${value.replace(/['\\]/g, '\\$&')}'` : String(value);
