import type {
  Advisory,
  AdvisoryCollection,
  AdvisoryPackage,
  AdvisoryReference,
} from '../../model/index.ts';
import { checkNevra } from './nevra-grammar.ts';
import {
  childrenOf,
  childText,
  elementFault,
  numberAttribute,
  optionalChild,
  requiredAttribute,
  requiredChild,
  type XmlElement,
} from './xml-element.ts';
import { xmlRecords } from './xml-reader.ts';

/**
 * Streams the advisories of updateinfo.xml (what libsolv and createrepo_c read of it). Vendors leave out nearly
 * everything but the id; what is absent is empty. Names that rpm could not build are `MetadataInvalid`.
 */
export async function* readUpdateinfo(
  source: AsyncIterable<Uint8Array>,
  what = 'updateinfo',
): AsyncGenerator<Advisory> {
  const shape = { source: what, root: 'updates', namespace: '', records: ['update'] };
  for await (const element of xmlRecords(source, shape)) yield advisoryOf(element);
}

function advisoryOf(update: XmlElement): Advisory {
  const id = requiredChild(update, 'id').text.trim();
  // The policy repository names updates by it, so it is held to what a policy file may say.
  if (!/^[A-Za-z0-9][\x21-\x2e\x30-\x5b\x5d-\x7e]{0,189}$/.test(id)) {
    throw elementFault(update, 'id of an advisory', {
      found: id,
      expected: 'up to 200 characters, no spaces or slashes',
    });
  }
  return {
    id,
    from: update.attributes.from ?? '',
    type: update.attributes.type ?? '',
    status: update.attributes.status ?? '',
    version: update.attributes.version ?? '',
    title: childText(update, 'title'),
    issued: dateOf(update, 'issued'),
    updated: dateOf(update, 'updated'),
    rights: childText(update, 'rights'),
    release: childText(update, 'release'),
    pushcount: childText(update, 'pushcount'),
    severity: childText(update, 'severity'),
    summary: childText(update, 'summary'),
    description: childText(update, 'description'),
    solution: childText(update, 'solution'),
    rebootSuggested: suggested(update, 'reboot_suggested'),
    references: childrenOf(optionalChild(update, 'references'), 'reference').map(referenceOf),
    collections: childrenOf(update, 'pkglist').flatMap((list) =>
      childrenOf(list, 'collection').map(collectionOf),
    ),
  };
}

function dateOf(update: XmlElement, name: string): string {
  const element = optionalChild(update, name);
  return element?.attributes.date ?? element?.text ?? '';
}

/** Writers disagree on the content: nothing, `1`, `True`; only a spoken no counts as one. */
function suggested(parent: XmlElement, name: string): boolean {
  const element = optionalChild(parent, name);
  return element !== undefined && !/^\s*(0|false|no)\s*$/i.test(element.text);
}

function referenceOf(element: XmlElement): AdvisoryReference {
  const { href, id, type, title } = element.attributes;
  return { href: href ?? '', id: id ?? '', type: type ?? '', title: title ?? '' };
}

function collectionOf(element: XmlElement): AdvisoryCollection {
  const module = optionalChild(element, 'module');
  return {
    short: element.attributes.short ?? '',
    name: childText(element, 'name'),
    ...(module === undefined ? {} : { module: moduleOf(module) }),
    packages: childrenOf(element, 'package').map(packageOf),
  };
}

function moduleOf(element: XmlElement): NonNullable<AdvisoryCollection['module']> {
  return {
    name: requiredAttribute(element, 'name'),
    stream: requiredAttribute(element, 'stream'),
    version: requiredAttribute(element, 'version'),
    context: requiredAttribute(element, 'context'),
    arch: requiredAttribute(element, 'arch'),
  };
}

function packageOf(element: XmlElement): AdvisoryPackage {
  const nevra = {
    name: requiredAttribute(element, 'name'),
    epoch: numberAttribute(element, 'epoch', 0),
    version: requiredAttribute(element, 'version'),
    release: requiredAttribute(element, 'release'),
    arch: requiredAttribute(element, 'arch'),
  };
  checkNevra(nevra, `${element.source}, line ${element.line}`);
  return {
    ...nevra,
    filename: childText(element, 'filename'),
    src: element.attributes.src ?? '',
    rebootSuggested: suggested(element, 'reboot_suggested'),
    restartSuggested: suggested(element, 'restart_suggested'),
    reloginSuggested: suggested(element, 'relogin_suggested'),
  };
}
