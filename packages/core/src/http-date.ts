const months = 'JanFebMarAprMayJunJulAugSepOctNovDec';

const time = '(\\d\\d):(\\d\\d):(\\d\\d)';
const month = '([A-Z][a-z]{2})';
const imfFixdate = new RegExp(`^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\\d\\d) ${month} (\\d{4}) ${time} GMT$`);
const rfc850 = new RegExp(
  `^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (\\d\\d)-${month}-(\\d\\d) ${time} GMT$`,
);
const asctime = new RegExp(`^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ${month} ([ \\d]\\d) ${time} (\\d{4})$`);

/**
 * Reads an HTTP-date in the three forms a recipient must accept (RFC 9110, section 5.6.7), case-sensitive as there.
 * `Date.parse` is no substitute: it reads `120` as a year and asctime in the local zone.
 *
 * @param now milliseconds since the epoch; places the two-digit years of the RFC 850 form
 * @returns milliseconds since the epoch, `undefined` for anything else
 */
export function parseHttpDate(value: string, now: number): number | undefined {
  let match = imfFixdate.exec(value);
  if (match) return timestamp(match[3]!, match[2]!, match[1]!, match.slice(4));
  match = asctime.exec(value);
  if (match) return timestamp(match[6]!, match[1]!, match[2]!, match.slice(3));
  match = rfc850.exec(value);
  return match ? inLatestCentury(match, now) : undefined;
}

/** A date that seems more than 50 years ahead is the most recent past one with those digits (RFC 9110). */
function inLatestCentury(
  [, day, monthName, digits, ...clock]: RegExpExecArray,
  now: number,
): number | undefined {
  const limit = new Date(now).setUTCFullYear(new Date(now).getUTCFullYear() + 50);
  const century = Math.floor(new Date(limit).getUTCFullYear() / 100) * 100;
  const latest = timestamp(century + Number(digits), monthName!, day!, clock);
  return latest === undefined || latest <= limit
    ? latest
    : timestamp(century - 100 + Number(digits), monthName!, day!, clock);
}

function timestamp(
  year: number | string,
  monthName: string,
  day: string,
  clock: readonly string[],
): number | undefined {
  const [hours, minutes, seconds] = clock.map(Number) as [number, number, number];
  const monthIndex = months.indexOf(monthName) / 3;
  // Seconds reach 60: a leap second is the first moment of the next minute.
  if (monthIndex % 1 || hours > 23 || minutes > 59 || seconds > 60) return undefined;
  const midnight = new Date(0).setUTCFullYear(Number(year), monthIndex, Number(day));
  // `Date` rolls 30 February over; such a date is no date.
  if (new Date(midnight).getUTCDate() !== Number(day)) return undefined;
  return midnight + ((hours * 60 + minutes) * 60 + seconds) * 1000;
}
