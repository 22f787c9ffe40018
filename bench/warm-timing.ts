/** What something took inside a running process, each time it was done. */
export interface WarmRow {
  readonly task: string;
  readonly milliseconds: readonly number[];
  /** Of the processor, all threads together: what counts on a machine that does other work too. */
  readonly processor: readonly number[];
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
  const processor: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const prepared = await work.prepare(run);
    const start = performance.now();
    const used = process.cpuUsage();
    await work.act(prepared);
    milliseconds.push(performance.now() - start);
    const { user, system } = process.cpuUsage(used);
    processor.push((user + system) / 1000);
  }
  return { task, milliseconds, processor };
}

/** A markdown table: medians, and the range of the wall clock. */
export function warmTable(rows: readonly WarmRow[]): string {
  const head = ['| task, warm | processor ms | wall ms | range | runs |', '|---|---|---|---|---|'];
  const lines = rows.map(({ task, milliseconds, processor }) => {
    const sorted = milliseconds.toSorted((a, b) => a - b);
    const range = `${shown(sorted[0])}–${shown(sorted.at(-1))}`;
    const cells = [task, shown(median(processor)), shown(median(milliseconds)), range];
    return `| ${cells.join(' | ')} | ${sorted.length} |`;
  });
  return [...head, ...lines].join('\n');
}

const shown = (value: number | undefined): string => (value ?? Number.NaN).toFixed(1);

const median = (values: readonly number[]): number | undefined =>
  values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
