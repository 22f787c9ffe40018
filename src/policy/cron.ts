interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly words: readonly string[];
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const fields: readonly Field[] = [
  { name: 'minute', min: 0, max: 59, words: [] },
  { name: 'hour', min: 0, max: 23, words: [] },
  { name: 'day of month', min: 1, max: 31, words: [] },
  { name: 'month', min: 1, max: 12, words: months },
  { name: 'day of week', min: 0, max: 7, words: days },
];

/** What is wrong with a cron expression of five fields (crontab(5), no `@` names); undefined when nothing is. */
export function parseCron(text: string): string | undefined {
  const parts = text.split(' ').filter((p) => p !== '');
  if (text.length > 200 || parts.length !== 5) {
    return 'minute, hour, day of month, month, day of week';
  }
  const wrong = fields.find((field, i) => !fieldIsRight(parts[i] ?? '', field));
  return wrong === undefined
    ? undefined
    : `the ${wrong.name} counts from ${wrong.min} to ${wrong.max}`;
}

function fieldIsRight(text: string, field: Field): boolean {
  return text.split(',').every((item) => {
    const [range = '', step, ...rest] = item.split('/');
    if (rest.length > 0) return false;
    if (step !== undefined && !(/^\d{1,2}$/.test(step) && Number(step) > 0)) return false;
    if (range === '*') return true;
    const ends = range.split('-').map((end) => numberOf(end, field));
    if (step !== undefined && ends.length !== 2) return false;
    const [from, to = from] = ends;
    return ends.length <= 2 && from !== undefined && to !== undefined && from <= to;
  });
}

function numberOf(text: string, field: Field): number | undefined {
  const word = field.words.indexOf(text.toLowerCase());
  if (word >= 0) return word + (field.min === 1 ? 1 : 0);
  if (!/^\d{1,2}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= field.min && value <= field.max ? value : undefined;
}
