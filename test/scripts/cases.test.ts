import { expect, test } from 'vitest';
import { caseIds, casesPage, rowsOf } from '../../scripts/cases.ts';

const results = {
  testResults: [
    {
      name: '/project/test/rpm/signature.test.ts',
      assertionResults: [
        { fullName: 'signatures [D02] [D01] a weak digest | refused', status: 'passed' },
        { fullName: '[D01] again [D01]', status: 'pending' },
        { fullName: 'has no case [X]', status: 'failed' },
      ],
    },
  ],
};

test('case ids are read from titles', () => {
  expect(caseIds('[A01] [N18] words [O01] [A1]')).toEqual(['A01', 'N18']);
});

test('each case of each test is one row, without ids in the title, in order', () => {
  const rows = rowsOf(results, '/project');
  expect(rows).toHaveLength(3);
  const lines = casesPage(rows)
    .split('\n')
    .filter((line) => line.startsWith('| D'));
  expect(lines).toEqual([
    '| D01 | `test/rpm/signature.test.ts` | again | skipped |',
    '| D01 | `test/rpm/signature.test.ts` | signatures a weak digest \\| refused | passed |',
    '| D02 | `test/rpm/signature.test.ts` | signatures a weak digest \\| refused | passed |',
  ]);
});

test('many variants share a row that counts their results', () => {
  const variants = ['passed', 'passed', 'failed', 'passed', 'passed'];
  const rows = variants.map((result, i) => ({
    ...{ id: 'D08', file: 'test/rpm/x.test.ts' },
    ...{ title: `variant ${i}`, result },
  }));
  expect(casesPage(rows)).toContain(
    '| D08 | `test/rpm/x.test.ts` | variant 0 … and 4 more | 4 passed, 1 failed |',
  );
});
