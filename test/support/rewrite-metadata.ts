import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { digestOf } from '../../src/model/index.ts';
import type { GpgKey } from './gpg.ts';

/**
 * Edits primary.xml as somebody with the vendor's metadata key would: stored plainly, every digest and the signature fit
 * again.
 */
export function rewritePrimary(
  directory: string,
  key: GpgKey,
  edit: (xml: string) => string,
): void {
  rewriteRepomd(directory, key, (repomd) => {
    const record = /<data type="primary">[\s\S]*?<\/data>/.exec(repomd)?.[0] ?? '';
    const href = /href="([^"]+)"/.exec(record)?.[1] ?? '';
    const stored = readFileSync(join(directory, href));
    const xml = edit((href.endsWith('.gz') ? gunzipSync(stored) : stored).toString());
    writeFileSync(join(directory, 'repodata/primary.xml'), xml);
    const rewritten = `<data type="primary"><checksum type="sha256">${digestOf(xml)}</checksum>
      <location href="repodata/primary.xml"/><timestamp>1001</timestamp>
      <size>${Buffer.byteLength(xml)}</size></data>`;
    return repomd.replace(record, () => rewritten);
  });
}

/** Edits repomd.xml and signs it again. */
export function rewriteRepomd(
  directory: string,
  key: GpgKey,
  edit: (repomd: string) => string,
): void {
  const path = join(directory, 'repodata/repomd.xml');
  writeFileSync(path, edit(readFileSync(path, 'utf8')));
  key.signFile(path);
}
