import { optionSubjects } from './factories.ts';
import { hostileServer } from './hostile-server.ts';
import { readers } from './readers.ts';
import type { Subject } from './subject.ts';

/** All that is fuzzed. */
export const subjects: readonly Subject[] = [...readers, ...optionSubjects, hostileServer];

/** Entries of core that read nothing which others have written, and why. */
export const readNothing: Readonly<Record<string, string>> = {
  './body-tap': 'it hands bytes on as they are; what a body can do is in its own tests',
  './budget': 'it counts; its numbers are checked as the options of `retry()`',
};
