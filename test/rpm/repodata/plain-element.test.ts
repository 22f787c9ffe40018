import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packageShape } from '../../../src/rpm/repodata/package-elements.ts';
import { isPlainHead, plainElement } from '../../../src/rpm/repodata/plain-element.ts';
import type { XmlElement } from '../../../src/rpm/repodata/xml-element.ts';
import { xmlRecords } from '../../../src/rpm/repodata/xml-reader.ts';
import { all, bytesOf, primaryPackage } from './documents.ts';

const head = (packages: number) =>
  '<?xml version="1.0" encoding="UTF-8"?>\n<metadata xmlns="http://linux.duke.edu/metadata/common" ' +
  `xmlns:rpm="http://linux.duke.edu/metadata/rpm" packages="${packages}">\n`;

const plain = (text: string) => plainElement(Buffer.from(text), 'primary');

/** What the XML reader says: one whole record, or nothing. */
async function judged(text: string): Promise<XmlElement | undefined> {
  const document = `${head(1)}${text}</metadata>`;
  const records = await all(
    xmlRecords(bytesOf(document), packageShape('primary', 'primary')),
  ).catch(() => []);
  return records[0];
}

/** Lines are those of the document here and of the element there. */
const bare = (element: XmlElement | undefined): unknown =>
  element && {
    ...{ name: element.name, text: element.text, attributes: { ...element.attributes } },
    children: element.children.map(bare),
  };

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

describe('a plain element', () => {
  test('is what the XML reader finds, whatever its texts say', async () => {
    const texts = fc.record({
      name: fc.stringMatching(/^[a-z]{1,6}$/),
      text: fc.string({ unit: 'grapheme', maxLength: 40 }),
    });
    await fc.assert(
      fc.asyncProperty(texts, async ({ name, text }) => {
        const one = primaryPackage({ name }).replace('>d<', `>${escaped(text)}<`);
        const found = plain(one);
        if (found !== undefined) expect(bare(found)).toEqual(bare(await judged(one)));
      }),
    );
    expect(
      plain(primaryPackage({ name: 'a' }).replace('>d<', '>d &amp; „ä“ 😀 > &lt;<')),
    ).toBeDefined();
  });

  test('[C08] however a byte or two of it are changed: never more than the XML reader accepts', async () => {
    const one = primaryPackage({ name: 'a' });
    const pieces = [
      '<',
      '>',
      '"',
      "'",
      '&',
      '/',
      '=',
      ' ',
      '\t',
      '\n',
      '\r',
      ':',
      ';',
      '!',
      '?',
      ']]>',
    ];
    const more = [
      'x',
      '&lt;',
      '&#60;',
      '&x;',
      '<b>',
      '</b>',
      '<b/>',
      ' b="c"',
      ' xmlns="u"',
      '\u0000',
      'é',
    ];
    const piece = fc.constantFrom('', ...pieces, ...more, '<!-- -->', '<![CDATA[x]]>', '<?p?>');
    const edit = fc.record({ at: fc.nat(one.length), cut: fc.nat(3), piece });
    let same = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 2 }), async (edits) => {
        let text = one;
        for (const { at, cut, piece: by } of edits) {
          text = text.slice(0, at) + by + text.slice(at + cut);
        }
        const found = plain(text);
        if (found === undefined) return;
        same += 1;
        expect(bare(found)).toEqual(bare(await judged(text)));
      }),
      { numRuns: 3000 },
    );
    expect(same).toBeGreaterThan(100);
  });

  test('is left to the reader where it is not UTF-8, too deep, ambiguous or goes on', () => {
    const one = primaryPackage({ name: 'a' });
    expect(plain(one.replace('<version ', '<version rel="4" '))).toBeUndefined();
    expect(plain(one.replace('<format>', '<format xmlns="urn:x">'))).toBeUndefined();
    expect(plain(one.replace('</format>', '</formal>'))).toBeUndefined();
    expect(plain(one)).toBeDefined();
    expect(plainElement(Buffer.from(one.replace('>d<', '>é<'), 'latin1'), 'p')).toBeUndefined();
    expect(plain(`${one}\n`)).toBeUndefined();
    expect(plain(one.replace('>d<', `>${'<b>'.repeat(20)}${'</b>'.repeat(20)}<`))).toBeUndefined();
    expect(plain('')).toBeUndefined();
    expect(plain('<package')).toBeUndefined();
  });

  test('counts only below a head that gives names their usual meaning', () => {
    expect(isPlainHead(head(7))).toBe(true);
    expect(isPlainHead(head(7).replace('metadata/rpm', 'metadata/other'))).toBe(false);
    expect(isPlainHead(head(7).replace('xmlns:rpm', 'xmlns:x'))).toBe(false);
    expect(isPlainHead(head(7).replace('UTF-8', 'latin1'))).toBe(false);
    expect(isPlainHead(head(7).replace('packages=', 'xmlns:y="u" packages='))).toBe(false);
  });
});
