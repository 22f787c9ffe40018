const fieldRanges = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 7],
] as const;

/**
 * Whether a five-field cron expression (UTC, crontab(5)) has a tick after `from` and not after `to`, both in seconds
 * since 1970. Used to run a missed schedule once, however many ticks were missed.
 */
export function hasTick(expression: string, from: number, to: number): boolean {
  const [minutes, hours, days, months, weekdays] = parse(expression);
  if (!minutes || !hours || !days || !months || !weekdays) return false;
  const [, , dayField, , weekdayField] = expression.trim().split(/\s+/);
  // crontab(5): when both day fields are restricted, either one matching is enough.
  const either = dayField !== '*' && weekdayField !== '*';
  const dayMatches = (d: Date) => {
    const byDate = days.has(d.getUTCDate());
    const byWeekday = weekdays.has(d.getUTCDay());
    return months.has(d.getUTCMonth() + 1) && (either ? byDate || byWeekday : byDate && byWeekday);
  };
  const daySeconds = 86_400;
  // Four years hold every date that exists, the 29th of February too.
  const first = Math.max(from, to - 1462 * daySeconds);
  for (let day = Math.floor(to / daySeconds); day >= Math.floor(first / daySeconds); day--) {
    if (!dayMatches(new Date(day * daySeconds * 1000))) continue;
    for (const hour of hours) {
      for (const minute of minutes) {
        const tick = day * daySeconds + hour * 3600 + minute * 60;
        if (tick > from && tick <= to) return true;
      }
    }
  }
  return false;
}

function parse(expression: string): readonly (ReadonlySet<number> | undefined)[] {
  const fields = expression.trim().split(/\s+/);
  return fieldRanges.map(([low, high], i) => parseField(fields[i] ?? '', low, high));
}

function parseField(field: string, low: number, high: number): ReadonlySet<number> | undefined {
  const values = new Set<number>();
  for (const part of field.split(',')) {
    const m = /^(?:(\*)|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part);
    if (!m) return undefined;
    const start = m[1] ? low : Number(m[2]);
    const end = m[1] || (m[4] && !m[3]) ? high : Number(m[3] ?? m[2]);
    const step = Number(m[4] ?? 1);
    if (step < 1 || start < low || end > high) return undefined;
    for (let v = start; v <= end; v += step) values.add(high === 7 && v === 7 ? 0 : v);
  }
  return values;
}
