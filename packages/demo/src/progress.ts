import { SingleBar } from 'cli-progress';
import type { Live } from './live.ts';

/** Shows a job while it runs; returns what ends the show. */
export type Progress = (live: Live) => () => void;

const barMs = 100;
const linesMs = 1000;
/** Columns that the text beside the bar may take. */
const besideBar = 80;

/** A bar on a terminal, a line each second elsewhere. */
export function progressOn(stream: NodeJS.WriteStream): Progress {
  return stream.isTTY ? bar(stream) : lines((line) => void stream.write(`${line}\n`));
}

/** For `--json`: shows nothing. */
export const noProgress: Progress = () => () => undefined;

function bar(stream: NodeJS.WriteStream): Progress {
  return (live) => {
    const shown = new SingleBar({
      stream,
      format: '{title} {bar} {value}/{total} {counts}',
      barsize: Math.max(5, Math.min(20, stream.columns - besideBar)),
      barCompleteChar: '█',
      barIncompleteChar: '░',
      hideCursor: true,
      // It would end on Ctrl-C by itself, and leave the report behind it.
      gracefulExit: false,
    });
    const payload = (): object => ({ title: live.title.padEnd(22), counts: counts(live) });
    shown.start(live.total, 0, payload());
    return every(
      barMs,
      () => shown.update(live.finished, payload()),
      () => shown.stop(),
    );
  };
}

function lines(write: (line: string) => void): Progress {
  return (live) => {
    let last = '';
    const show = (): void => {
      const line = `${live.title}: ${live.finished}/${live.total}, ${counts(live)}`;
      if (line !== last) write((last = line));
    };
    return every(linesMs, show);
  };
}

function counts({ rate, attempts, waiting, failed }: Live): string {
  return `${rate}/s, ${attempts} attempts, ${waiting} waiting, ${failed} failed`;
}

/** Shows now and then, and a last time at the end. */
function every(ms: number, show: () => void, close?: () => void): () => void {
  const timer = setInterval(show, ms);
  return () => {
    clearInterval(timer);
    show();
    close?.();
  };
}
