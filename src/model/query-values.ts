/** Dates, ages and sizes in a query typed by people. */

const DAY = 86_400_000;
const DATE = /^(\d{4})[/-](\d{1,2})[/-](\d{1,2})$/;
const AMERICAN_DATE = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/;
const SECONDS: Readonly<Record<string, number>> = { h: 3600, d: 86_400, w: 604_800, m: 2_592_000, y: 31_536_000 };
const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1024,
  kb: 1024,
  m: 1024 ** 2,
  mb: 1024 ** 2,
  g: 1024 ** 3,
  gb: 1024 ** 3,
};

/** `2024/4/16`, `2024-04-16`, `4/16/2024` as a day since 1970, or seconds since 1970 as they are; `null` otherwise. */
export function queryDay(text: string): { readonly day: number } | { readonly second: number } | null {
  if (/^\d{9,11}$/.test(text)) return { second: Number(text) };
  const american = AMERICAN_DATE.exec(text);
  const [year, month, date] = american
    ? [american[3], american[1], american[2]].map(Number)
    : (DATE.exec(text)?.slice(1).map(Number) ?? []);
  if (year === undefined || month === undefined || date === undefined) return null;
  const time = Date.UTC(year, month - 1, date);
  const made = new Date(time);
  return made.getUTCMonth() === month - 1 && made.getUTCDate() === date ? { day: time / DAY } : null;
}

/** `3d`, `2w`, `6m`, `1y` in seconds, a month being 30 days; `null` otherwise. */
export function querySeconds(text: string): number | null {
  const found = /^(\d{1,5})([hdwmy])$/i.exec(text);
  return found ? Number(found[1]) * (SECONDS[(found[2] as string).toLowerCase()] as number) : null;
}

/** `1000`, `35K`, `10MB` in octets; `null` otherwise. */
export function queryOctets(text: string): number | null {
  const found = /^(\d{1,12}(?:\.\d{1,3})?)([a-z]{0,2})$/i.exec(text);
  const unit = found ? UNITS[(found[2] as string).toLowerCase()] : undefined;
  return unit === undefined ? null : Math.floor(Number((found as RegExpExecArray)[1]) * unit);
}
