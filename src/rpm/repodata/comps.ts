import { digestOf, type Group } from '../../model/index.ts';
import {
  childrenOf,
  childText,
  elementFault,
  optionalChild,
  type XmlElement,
} from './xml-element.ts';
import { xmlRecords } from './xml-reader.ts';
import { canonicalXml } from './xml-writer.ts';

const isKind = (name: string): name is Group['kind'] =>
  name === 'group' || name === 'category' || name === 'environment' || name === 'langpacks';

/**
 * Reads comps.xml (libcomps' format): groups, categories, environments and language packs, each as canonical XML.
 * Black lists and what else dnf ignores is left out.
 */
export async function readComps(
  source: AsyncIterable<Uint8Array>,
  what = 'comps',
): Promise<readonly Group[]> {
  const shape = { source: what, root: 'comps', namespace: '', records: 'any' } as const;
  const groups: Group[] = [];
  for await (const element of xmlRecords(source, { ...shape, plainDoctype: true })) {
    if (isKind(element.name)) groups.push(groupOf(element, element.name));
  }
  return groups;
}

function groupOf(element: XmlElement, kind: Group['kind']): Group {
  const id = kind === 'langpacks' ? 'langpacks' : childText(element, 'id').trim();
  if (id === '' || id.length > 200 || /\p{C}/u.test(id)) {
    throw elementFault(element, `id of a ${kind}`, {
      found: id,
      expected: 'up to 200 printable characters',
    });
  }
  const list = kind === 'group' ? optionalChild(element, 'packagelist') : undefined;
  const packages = childrenOf(list, 'packagereq').map((request) => request.text.trim());
  const xml = canonicalXml(element, '  ');
  return { sha256: digestOf(xml), kind, id, packages, xml };
}

/** comps.xml with these elements in the order given. */
export function compsXml(groups: Iterable<Group>): string {
  let text = '<?xml version="1.0" encoding="UTF-8"?>\n<comps>\n';
  for (const group of groups) text += group.xml;
  return `${text}</comps>\n`;
}
