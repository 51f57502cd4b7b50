import type { FaultName } from '../src/server/profiles.ts';
import { faultNames } from '../src/server/profiles.ts';
import type { Api } from './api.ts';
import { type End, Jobs } from './jobs.ts';
import { clientWith, faultWords, type HookName, hooks } from './switches.ts';
import { Timeline } from './timeline.ts';
import './playground.css';

const atATime = 4;
const statsEveryMs = 500;
const firstHooks: readonly HookName[] = [];
const firstFaults: readonly FaultName[] = ['throttle', 'serverError', 'reset', 'drift'];

/** Fills the element with the playground; returns what ends it. */
export function mountPlayground(element: HTMLElement, api: Api): () => void {
  element.classList.add('kyhooks-playground');
  element.innerHTML = `
    <div class="controls">
      <fieldset class="hooks"><legend>Hooks</legend></fieldset>
      <fieldset class="faults"><legend>Faults</legend></fieldset>
    </div>
    <div class="bar">
      <button type="button" class="run">Start</button>
      <button type="button" class="all">All hooks on</button>
      <output class="counts" aria-live="off"></output>
    </div>
    <ol class="timeline" aria-label="The latest calls, newest first"></ol>
    <ul class="legend"><li class="backoff">waits to be sent again</li><li class="queued">queues</li><li class="headers">waits for headers</li><li class="body">reads the body</li></ul>
    <p class="hint">Point at a call, or reach it with Tab, to read its record:</p>
    <pre class="detail" role="region" aria-label="The record of the chosen call"></pre>`;
  const find = (selector: string): HTMLElement => element.querySelector(selector)!;

  const timeline = new Timeline(find('.timeline'), find('.detail'));
  const counts: Record<End, number> = { right: 0, wrong: 0, failed: 0 };
  let server = { requests: 0, duplicateWrites: 0 } as Awaited<ReturnType<Api['stats']>>;
  const show = (): void => {
    const { preflights } = server;
    find('.counts').innerHTML = [
      `<b class="good">${counts.right}</b> right`,
      `<b class="bad">${counts.wrong}</b> wrong, taken for right`,
      `<b class="bad">${counts.failed}</b> failed`,
      `<b>${server.requests}</b> requests`,
      ...(preflights === undefined ? [] : [`<b>${preflights}</b> preflights`]),
      `<b class="bad">${server.duplicateWrites}</b> duplicate invoices`,
    ]
      .map((text) => `<span>${text}</span>`)
      .join(' ');
  };

  const on = new Set(firstHooks);
  let client = clientWith(on, api, timeline.add);
  const hookBoxes = Object.entries(hooks).map(([name, words]) =>
    checkbox(find('.hooks'), name, words, on.has(name as HookName), (checked) => {
      if (checked) on.add(name as HookName);
      else on.delete(name as HookName);
      find('.all').textContent = on.size < Object.keys(hooks).length ? 'All hooks on' : 'All hooks off';
      client = clientWith(on, api, timeline.add);
    }),
  );

  const faults = new Set(firstFaults);
  let exposed = true;
  const configure = (): void => void api.configure({ faults: [...faults], exposed }).catch(() => undefined);
  for (const name of faultNames) {
    checkbox(find('.faults'), name, faultWords[name], faults.has(name), (checked) => {
      if (checked) faults.add(name);
      else faults.delete(name);
      configure();
    });
  }
  checkbox(
    find('.faults'),
    'not exposed',
    'without Access-Control-Expose-Headers: no Retry-After for the page',
    false,
    (checked) => {
      exposed = !checked;
      configure();
    },
  );
  configure();

  const jobs = new Jobs(
    () => client,
    (end) => {
      counts[end]++;
      show();
    },
  );
  const run = find('.run');
  run.addEventListener('click', () => {
    if (jobs.running) jobs.stop();
    else jobs.start(atATime);
    run.textContent = jobs.running ? 'Stop' : 'Start';
  });
  find('.all').addEventListener('click', () => {
    const every = on.size < hookBoxes.length;
    for (const box of hookBoxes) if (box.checked !== every) box.click();
  });
  const refresh = async (): Promise<void> => {
    server = await api.stats();
    show();
  };
  const timer = setInterval(() => {
    // A page without a network shows what it knew.
    if (jobs.running) refresh().catch(() => undefined);
  }, statsEveryMs);
  show();

  return () => {
    clearInterval(timer);
    jobs.stop();
    timeline.close();
    element.replaceChildren();
  };
}

function checkbox(
  into: HTMLElement,
  name: string,
  words: string,
  checked: boolean,
  onChange: (checked: boolean) => void,
): HTMLInputElement {
  const label = document.createElement('label');
  const box = document.createElement('input');
  box.type = 'checkbox';
  box.name = name;
  box.checked = checked;
  box.addEventListener('change', () => onChange(box.checked));
  const title = document.createElement('b');
  title.textContent = name;
  const small = document.createElement('small');
  small.textContent = words;
  label.append(box, title, small);
  into.append(label);
  return box;
}
