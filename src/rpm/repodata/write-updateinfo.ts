import type { Advisory, AdvisoryCollection, AdvisoryPackage } from '../../model/index.ts';
import { attributesText, leaf } from './xml-writer.ts';

/** updateinfo.xml with these advisories in the order given; read back it gives the same values. */
export function updateinfoXml(advisories: Iterable<Advisory>): string {
  let text = '<?xml version="1.0" encoding="UTF-8"?>\n<updates>\n';
  for (const advisory of advisories) text += updateXml(advisory);
  return `${text}</updates>\n`;
}

function updateXml(advisory: Advisory): string {
  const { from, status, type, version } = advisory;
  return [
    `  <update${attributesText({ from, status, type, version })}>\n`,
    leaf('    ', 'id', advisory.id),
    leaf('    ', 'title', advisory.title),
    dateLine('issued', advisory.issued),
    dateLine('updated', advisory.updated),
    optionalLeaf('rights', advisory.rights),
    optionalLeaf('release', advisory.release),
    optionalLeaf('pushcount', advisory.pushcount),
    optionalLeaf('severity', advisory.severity),
    optionalLeaf('summary', advisory.summary),
    leaf('    ', 'description', advisory.description),
    optionalLeaf('solution', advisory.solution),
    advisory.rebootSuggested ? leaf('    ', 'reboot_suggested', 'True') : '',
    referencesXml(advisory),
    '    <pkglist>\n',
    ...advisory.collections.map(collectionXml),
    '    </pkglist>\n  </update>\n',
  ].join('');
}

function optionalLeaf(name: string, text: string): string {
  return text === '' ? '' : leaf('    ', name, text);
}

function dateLine(name: string, date: string): string {
  return date === '' ? '' : `    <${name}${attributesText({ date })}/>\n`;
}

function referencesXml(advisory: Advisory): string {
  const lines = advisory.references.map(
    ({ href, id, type, title }) =>
      `      <reference${attributesText({ href, id, type, title })}/>\n`,
  );
  return `    <references>\n${lines.join('')}    </references>\n`;
}

function collectionXml(collection: AdvisoryCollection): string {
  const { short, module } = collection;
  return [
    `      <collection${attributesText({ short })}>\n`,
    leaf('        ', 'name', collection.name),
    module === undefined ? '' : `        <module${attributesText({ ...moduleOf(module) })}/>\n`,
    ...collection.packages.map(packageXml),
    '      </collection>\n',
  ].join('');
}

/** Attributes in one order, whatever order the value was built in. */
function moduleOf({
  name,
  stream,
  version,
  context,
  arch,
}: NonNullable<AdvisoryCollection['module']>) {
  return { name, stream, version, context, arch };
}

function packageXml(entry: AdvisoryPackage): string {
  const { name, version, release, epoch, arch } = entry;
  const src = entry.src === '' ? undefined : entry.src;
  return [
    `        <package${attributesText({ name, version, release, epoch: `${epoch}`, arch, src })}>\n`,
    leaf('          ', 'filename', entry.filename),
    entry.rebootSuggested ? leaf('          ', 'reboot_suggested', 'True') : '',
    entry.restartSuggested ? leaf('          ', 'restart_suggested', 'True') : '',
    entry.reloginSuggested ? leaf('          ', 'relogin_suggested', 'True') : '',
    '        </package>\n',
  ].join('');
}
