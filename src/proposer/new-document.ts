import { Document, isCollection, isMap, isScalar, isSeq, visit } from 'yaml';

const kindOfFolder: Readonly<Record<string, string>> = {
  updates: 'Update',
  promotions: 'Promotion',
  holds: 'Hold',
  upstreams: 'Upstream',
  policies: 'Policy',
  channels: 'Channel',
  advisories: 'Advisory',
};

/**
 * A new policy file: header, the schema line that editors complete from, then the keys in the given order. Maps in
 * lists stand on one line each. `site` is the text of `sluice.yaml`, whose own schema line tells where schemas are.
 */
export function newDocument(
  path: string,
  content: Readonly<Record<string, unknown>>,
  site: string | undefined,
): string {
  const {
    apiVersion = 'sluice/v1',
    kind = kindOfFolder[path.split('/')[0] ?? ''],
    ...rest
  } = content;
  const document = new Document({ apiVersion, kind, ...rest }, { version: '1.2' });
  visit(document, {
    Seq: (_, list) => {
      for (const item of list.items) if (isMap(item) && isShallow(item)) item.flow = true;
      if (list.items.length === 0 || list.items.every(isScalar)) list.flow = true;
    },
  });
  const schema = schemaLine(path, String(kind), site);
  const text = document.toString({ lineWidth: 0, flowCollectionPadding: true });
  return `${schema}${text}`.replaceAll('[ ]', '[]');
}

const isShallow = (map: { readonly items: readonly { readonly value?: unknown }[] }): boolean =>
  map.items.every(
    ({ value }) => !isCollection(value) || (isSeq(value) && value.items.every(isScalar)),
  );

const schemaPattern = /^# yaml-language-server: \$schema=(\S*?)[^/\s]*\.json\s*$/m;

function schemaLine(path: string, kind: string, site: string | undefined): string {
  const folder = schemaPattern.exec(site ?? '')?.[1] ?? 'schemas/';
  const up = '../'.repeat(path.split('/').length - 1);
  const place = /^[a-z]+:\/\/|^\//i.test(folder) ? folder : `${up}${folder.replace(/^\.\//, '')}`;
  return `# yaml-language-server: $schema=${place}${kind.toLowerCase()}.schema.json\n`;
}
