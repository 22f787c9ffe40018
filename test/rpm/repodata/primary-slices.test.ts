import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Sha256 } from '../../../src/model/index.ts';
import { type KnownSlices, primarySlices, readPrimary } from '../../../src/rpm/index.ts';
import { faultOf } from '../../support/fault-of.ts';
import { all, bytesOf, primaryDocument, primaryPackage } from './documents.ts';

const slicesOf = (document: string, known?: KnownSlices, chunkBytes?: number) =>
  all(primarySlices(bytesOf(document, chunkBytes), known));

/** What reading this document makes known. */
async function learned(document: string): Promise<KnownSlices & { readonly count: number }> {
  const slices = await slicesOf(document);
  const seen = new Set<Sha256>(slices.flatMap((s) => ('slice' in s ? [s.slice] : [])));
  const head = slices.flatMap((s) => (s.kind === 'head' ? [s.head] : []))[0];
  if (head === undefined) throw new Error('a regular document');
  return { head, has: (slice) => seen.has(slice), count: seen.size };
}

const kinds = async (document: string, known?: KnownSlices) =>
  (await slicesOf(document, known)).map((s) => s.kind);

const name = fc.stringMatching(/^[a-z]{1,6}$/);
const row = (names: readonly string[], between = '\n') =>
  primaryDocument(names.map((n) => primaryPackage({ name: n })).join(between), names.length);

describe('primary in slices', () => {
  it('says what the parser says, in any pieces, and reads only what is new', async () => {
    const names = fc.uniqueArray(name, { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(names, names, fc.integer({ min: 1, max: 300 }), async (old, now, chunk) => {
        const before = await learned(row(old));
        const document = row(now, ' \r\n\t');
        const whole = await all(readPrimary(bytesOf(document)));
        const slices = await slicesOf(document, before, chunk);
        const read = slices.flatMap((s) => (s.kind === 'read' ? [s.record.nevra.name] : []));
        expect(slices[0]?.kind).toBe('head');
        expect(slices).toHaveLength(1 + whole.length);
        expect(read).toEqual(now.filter((n) => !old.includes(n)));
      }),
      { numRuns: 60 },
    );
  });

  it('counts known packages: fewer or more than promised is refused', async () => {
    const known = await learned(row(['a', 'b']));
    const both = `${primaryPackage({ name: 'a' })}${primaryPackage({ name: 'b' })}`;
    expect(await kinds(primaryDocument(both, 2), known)).toEqual(['head', 'known', 'known']);
    const fault = await faultOf(() => slicesOf(primaryDocument(both, 3), known));
    expect(fault).toMatchObject({ code: 'MetadataInvalid', expected: '3', found: '2' });
  });

  it('knows nothing below another root: names may mean something else there', async () => {
    const known = await learned(row(['a']));
    const other = row(['a']).replace('xmlns:rpm=', 'xmlns:x="urn:x" xmlns:rpm=');
    expect(await kinds(other, known)).toEqual(['head', 'read']);
  });

  const a = primaryPackage({ name: 'a' });
  for (const [what, packages] of [
    ['a comment between packages', `${a}<!-- ${a} -->`],
    ['a comment that hides an end', a.replace('<name>', '<!-- </package> --><name>')],
    ['two packages in what looks like one', `${a.replace('</package>', '</package >')}${a}`],
    ['a text that looks like an end', a.replace('>d<', '><![CDATA[</package>]]><')],
    ['text between packages', `${a} x ${a}`],
    ['another element', `${a}<other/>`],
    ['an instruction', `${a}<?php ?>`],
  ] as const) {
    it(`leaves to the parser what is not plain: ${what}`, async () => {
      const known = await learned(row(['a']));
      const outcome = await kinds(primaryDocument(packages, 2), known).catch(() => ['refused']);
      expect(['irregular', 'refused']).toContain(outcome.at(-1));
    });
  }

  it('a known package inside a comment is never taken for one', async () => {
    const known = await learned(row(['a']));
    const opens = primaryPackage({ name: 'b' }).replace('</package>', '</package ><!-- </package>');
    const closes = `<package --> ${primaryPackage({ name: 'c' })}`;
    const document = primaryDocument(`${opens}\n${a}\n${closes}`, 3);
    expect((await kinds(document, known)).at(-1)).toBe('irregular');
  });

  it('leaves a DOCTYPE, an empty list, another tail and a cut document to the parser', async () => {
    const whole = row(['a']);
    for (const document of [
      primaryDocument(a, 1, '<!DOCTYPE m>'),
      primaryDocument('', 0),
      `${whole}<!-- -->`,
      whole.slice(0, -12),
      'no xml at all',
    ]) {
      expect((await kinds(document)).at(-1)).toBe('irregular');
    }
  });
});
