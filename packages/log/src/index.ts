export type { LogEvent } from './event.ts';
export { log } from './log.ts';
export type { Level, Logger, LoggerMethods } from './logger.ts';
export { logDefaults, type LogOptions } from './options.ts';
