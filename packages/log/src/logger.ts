import type { LogEvent } from './event.ts';

/** How much an event matters. */
export type Level = 'debug' | 'info' | 'warn' | 'error';

/** What loggers have in common: pino, winston, the console, and whatever takes pino's `(fields, message)`. */
export type LoggerMethods = { readonly [Name in Level]: (...values: never[]) => unknown };

/** Where events go: a logger as it is, or a function. */
export type Logger = LoggerMethods | ((event: LogEvent, level: Level, message: string) => unknown);

type Method = (...values: unknown[]) => unknown;

/** Hands an event to a logger in the form that it takes. */
export function write(logger: Logger, level: Level, message: string, event: LogEvent): unknown {
  if (typeof logger === 'function') return logger(event, level, message);
  const method = (logger[level] as unknown as Method).bind(logger);
  // The console has `table`, winston `transports`; the rest takes the fields first, as pino does.
  if ('table' in logger)
    return method(JSON.stringify({ level, time: new Date().toISOString(), msg: message, ...event }));
  return 'transports' in logger ? method(message, event) : method(event, message);
}
