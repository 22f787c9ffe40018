/** What something took inside a running process, each time it was done. */
export interface WarmRow {
  readonly task: string;
  readonly milliseconds: readonly number[];
}

/** Does it a few times in turn; `prepare` is not counted and may give what is worked on. */
export async function timed<T>(
  task: string,
  runs: number,
  work: {
    readonly prepare: (run: number) => T | Promise<T>;
    readonly act: (prepared: T) => unknown;
  },
): Promise<WarmRow> {
  const milliseconds: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const prepared = await work.prepare(run);
    const start = performance.now();
    await work.act(prepared);
    milliseconds.push(performance.now() - start);
  }
  return { task, milliseconds };
}

/** A markdown table of medians and ranges. */
export function warmTable(rows: readonly WarmRow[]): string {
  const head = ['| task, warm | ms | range | runs |', '|---|---|---|---|'];
  const lines = rows.map(({ task, milliseconds }) => {
    const sorted = milliseconds.toSorted((a, b) => a - b);
    const shown = (value: number | undefined) => (value ?? Number.NaN).toFixed(1);
    const median = sorted[Math.floor((sorted.length - 1) / 2)];
    return `| ${task} | ${shown(median)} | ${shown(sorted[0])}–${shown(sorted.at(-1))} | ${sorted.length} |`;
  });
  return [...head, ...lines].join('\n');
}
