import { createServer } from 'node:http';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readComps, readFilelists, readPrimary, readUpdateinfo } from '../../../src/rpm/index.ts';
import { faultOf } from '../../support/fault-of.ts';
import { all, bytesOf, primaryDocument, primaryPackage } from './documents.ts';

const refused = (document: string | Uint8Array) =>
  faultOf(() => all(readPrimary(bytesOf(document))));

describe('hostile XML', () => {
  it('[C01] nested entities are refused at the DOCTYPE, before any expansion', async () => {
    let entities = '<!ENTITY l0 "lol">';
    for (let n = 1; n < 10; n += 1) entities += `<!ENTITY l${n} "${`&l${n - 1};`.repeat(10)}">`;
    const document = primaryDocument(
      primaryPackage({ name: '&l9;' }),
      1,
      `<!DOCTYPE m [${entities}]>`,
    );
    const before = process.memoryUsage().rss;
    const fault = await refused(document);
    expect(fault.code).toBe('MetadataInvalid');
    expect(fault.check).toBe('DOCTYPE not allowed');
    expect(process.memoryUsage().rss - before).toBeLessThan(100 << 20);
  });

  it('[C01] comps.xml may name its DTD and still not define anything', async () => {
    const named =
      '<!DOCTYPE comps PUBLIC "-//Red Hat, Inc.//DTD Comps info//EN" "comps.dtd"><comps/>';
    expect(await readComps(bytesOf(named))).toEqual([]);
    const defined = '<!DOCTYPE comps PUBLIC "-//X//EN" "comps.dtd" [<!ENTITY a "b">]><comps/>';
    expect((await faultOf(() => readComps(bytesOf(defined)))).check).toBe('DOCTYPE not allowed');
  });

  it('[C02] a million numeric references are read as what they are, in bounded time', async () => {
    const gzipped = gzipSync(
      primaryPackage({ name: 'tree' }).replace('>d<', `>${'&#65;'.repeat(1e6)}<`),
    );
    const started = performance.now();
    const [record] = await all(readPrimary(bytesOf(primaryDocument(String(gunzipSync(gzipped))))));
    expect(record?.description).toHaveLength(1e6);
    expect(performance.now() - started).toBeLessThan(4000);
  });

  it('[C02] an entity that the document defines itself is refused', async () => {
    const prolog = `<!DOCTYPE m [<!ENTITY big "${'x'.repeat(50_000)}">]>`;
    const fault = await refused(
      primaryDocument(primaryPackage({ name: '&big;'.repeat(2000) }), 1, prolog),
    );
    expect(fault.check).toBe('DOCTYPE not allowed');
    expect((await refused(primaryDocument(primaryPackage({ name: '&big;' })))).found).toContain(
      'entity',
    );
  });

  it('[C02] a text without end is cut', async () => {
    const endless = primaryPackage().replace('>d<', `>${'x'.repeat(9 << 20)}<`);
    expect((await refused(primaryDocument(endless))).check).toBe('length of a text');
  });

  it('[C03] external entities are neither opened nor fetched', async () => {
    let requests = 0;
    const server = createServer((_, response) => {
      requests += 1;
      response.end('x');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    for (const uri of ['file:///etc/passwd', `http://127.0.0.1:${port}/x`]) {
      const prolog = `<!DOCTYPE m [<!ENTITY x SYSTEM "${uri}">]>`;
      const fault = await refused(primaryDocument(primaryPackage({ name: '&x;' }), 1, prolog));
      expect(fault.check).toBe('DOCTYPE not allowed');
      expect(fault.message).not.toContain('root:');
      const dtd = primaryDocument(primaryPackage(), 1, `<!DOCTYPE m SYSTEM "${uri}">`);
      expect((await refused(dtd)).check).toBe('DOCTYPE not allowed');
    }
    await new Promise((resolve) => server.close(resolve));
    expect(requests).toBe(0);
  });
});

describe('broken XML', () => {
  const good = primaryDocument(primaryPackage());

  it('reads the good one, however it is cut into chunks', async () => {
    const whole = await all(readPrimary(bytesOf(good)));
    expect(whole).toHaveLength(1);
    expect(whole[0]?.nevra).toEqual({
      name: 'tree',
      epoch: 0,
      version: '2.1.0',
      release: '3',
      arch: 'x86_64',
    });
    expect(await all(readPrimary(bytesOf(good, 1)))).toEqual(whole);
    expect(await all(readPrimary(bytesOf(`\ufeff${good}`)))).toEqual(whole);
  });

  it('[C07] a document that ends early is never an empty one', async () => {
    for (const cut of [0, 1, 60, good.indexOf('<summary>'), good.length - 12, good.length - 1]) {
      const fault = await refused(good.slice(0, cut));
      expect([cut, fault.code]).toEqual([cut, 'MetadataInvalid']);
    }
    expect((await refused(good.slice(0, good.indexOf('<summary>')))).found).toMatch(
      /unclosed|end/i,
    );
  });

  it.each([
    ['crossed tags', good.replace('<packager/>', '<packager><url></packager></url>')],
    ['two roots', `${good}<metadata/>`],
    ['text after the root', `${good}x`],
    ['a wrong namespace', good.replace('metadata/common', 'metadata/uncommon')],
    [
      'another root',
      good.replaceAll('metadata xmlns', 'matadata xmlns').replace('</metadata', '</matadata'),
    ],
    ['packages of another namespace', good.replace('<package ', '<package xmlns="urn:x" ')],
    ['something between the packages', good.replace('<package ', '<virus/><package ')],
    ['an unbound prefix', good.replace('<summary>s</summary>', '<foo:bar/>')],
    ['NUL', good.replace('>d<', '>\0<')],
    ['a reference to NUL', good.replace('>d<', '>&#0;<')],
    ['another encoding', good.replace('UTF-8', 'ISO-8859-1')],
    ['the same attribute twice', good.replace('epoch="0"', 'epoch="0" epoch="1"')],
    ['a second name', good.replace('<arch>', '<name>x</name><arch>')],
    ['no arch', good.replace('<arch>x86_64</arch>', '')],
    ['a number that is none', good.replace('installed="2"', 'installed="0x2"')],
    ['a negative epoch', good.replace('epoch="0"', 'epoch="-1"')],
    ['another type', good.replace('type="rpm"', 'type="deb"')],
    ['elements without end', good.replace('>d<', `>${'<a>'.repeat(100)}<`)],
  ])('[C08] %s', async (_, document) => {
    const fault = await refused(document);
    expect(fault.code).toBe('MetadataInvalid');
    expect(fault.message).toMatch(/line|\d+:\d+/);
  });

  it('[C08] bytes that are not UTF-8 are named with their place', async () => {
    const latin = Buffer.from(good.replace('>d<', '>Gr\u00fc\u00dfe<'), 'latin1');
    expect((await refused(latin)).found).toMatch(/line \d+/);
    expect((await refused(Buffer.from(`\ufeff${good}`, 'utf16le'))).check).toBe('text is UTF-8');
    expect((await refused(Buffer.from(good, 'utf16le'))).code).toBe('MetadataInvalid');
    const cut = Buffer.concat([Buffer.from(good), Buffer.from([0xc3])]);
    expect((await refused(cut)).check).toBe('text is UTF-8');
  });

  it.each([['9999999'], ['0'], ['2'], ['1.0'], ['-1'], ['']])(
    '[C09] packages="%s"',
    async (count) => {
      const fault = await refused(good.replace('packages="1"', `packages="${count}"`));
      expect(fault.code).toBe('MetadataInvalid');
      expect(fault.message).toContain('packages');
    },
  );

  it('[C09] the count is required in filelists too', async () => {
    const document = '<filelists xmlns="http://linux.duke.edu/metadata/filelists"/>';
    expect((await faultOf(() => all(readFilelists(bytesOf(document))))).message).toContain(
      'packages',
    );
  });

  it('[C08] updateinfo and comps ask for their own roots', async () => {
    expect((await faultOf(() => all(readUpdateinfo(bytesOf('<comps/>'))))).expected).toBe(
      '<updates>',
    );
    expect((await faultOf(() => readComps(bytesOf('<updates/>')))).expected).toBe('<comps>');
  });
});
