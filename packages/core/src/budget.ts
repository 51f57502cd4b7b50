import type { Call } from './call.ts';

/** How many resends an origin bears. */
export interface BudgetOptions {
  /**
   * Resends allowed per call of the last 10 s; from 0 up.
   *
   * Source: Finagle's RetryBudget and tower's TpsBudget.
   *
   * @default 0.2
   */
  readonly ratio?: number;
  /**
   * Resends per second that are allowed whatever the number of calls, as an average of the last 10 s; from 0 up.
   *
   * Source: as for `ratio`.
   *
   * @default 10
   */
  readonly perSecond?: number;
}

/** The defaults of {@link BudgetOptions}. */
export const budgetDefaults: Required<BudgetOptions> = { ratio: 0.2, perSecond: 10 };

/** How long a call counts, in milliseconds. Source: Finagle's RetryBudget and tower's TpsBudget. */
const timeToLive = 10_000;
const slots = 10;
const slotLength = timeToLive / slots;

/** The calls to one origin and what was sent again of them, in the last 10 s. */
export class Budget {
  readonly #calls: number[] = Array.from({ length: slots }, () => 0);
  readonly #resends: number[] = Array.from({ length: slots }, () => 0);
  #now = slotNow();

  /** Counts a call. */
  deposit(): void {
    this.#calls[this.#slot()]!++;
  }

  /** Takes the right to one resend; `false` when there is none left, and nothing is taken then. */
  withdraw(options: BudgetOptions = {}): boolean {
    const slot = this.#slot();
    if (this.balance(options) < 1) return false;
    this.#resends[slot]!++;
    return true;
  }

  /** Resends left. Several who resend may go by different options; what was taken counts for all. */
  balance({
    ratio = budgetDefaults.ratio,
    perSecond = budgetDefaults.perSecond,
  }: BudgetOptions = {}): number {
    this.#slot();
    const allowed = (perSecond * timeToLive) / 1000 + ratio * sum(this.#calls);
    // Rounded, because a fifth of five must be a whole one.
    return Math.round((allowed - sum(this.#resends)) * 1e6) / 1e6;
  }

  /** The slot of this moment; what has had its time is emptied. */
  #slot(): number {
    const now = slotNow();
    // A clock that went back, as that of a test may, has nothing to do with what was before.
    const passed = now < this.#now ? slots : Math.min(now - this.#now, slots);
    for (let step = 1; step <= passed; step++) {
      const slot = (this.#now + step) % slots;
      this.#calls[slot] = 0;
      this.#resends[slot] = 0;
    }
    this.#now = now;
    return now % slots;
  }
}

/** Registered, so that two copies of this package share the budgets, and find a call's. */
const key = Symbol.for('kyhooks.budget');

interface Shared {
  [key]?: Map<string, Budget>;
}
interface Counted {
  [key]?: Budget;
}

/**
 * The budget of the origin that a call goes to, shared by all instances in the process. Asked the first time for a call,
 * it counts the call: ask before the first request is sent, and whoever sends again withdraws from it.
 */
export function budgetOf(call: Call, { url }: Pick<Request, 'url'>): Budget {
  const counted = call as Counted;
  if (!counted[key]) {
    counted[key] = forOrigin(originOf(url));
    counted[key].deposit();
  }
  return counted[key];
}

/** Forgets all budgets; for tests, whose clocks go their own ways. */
export function resetBudgets(): void {
  (globalThis as Shared)[key]?.clear();
}

/** Origins remembered; a process that talks to more of them forgets the one it met first. */
const maxOrigins = 1_000;

function forOrigin(origin: string): Budget {
  const budgets = ((globalThis as Shared)[key] ??= new Map());
  let budget = budgets.get(origin);
  if (!budget) {
    if (budgets.size >= maxOrigins) budgets.delete(budgets.keys().next().value!);
    budget = new Budget();
    budgets.set(origin, budget);
  }
  return budget;
}

/** Of a URL that is known to be one; `new URL()` would parse it all again. */
function originOf(url: string): string {
  const path = url.indexOf('/', url.indexOf('//') + 2);
  return path === -1 ? url : url.slice(0, path);
}

function slotNow(): number {
  return Math.floor(performance.now() / slotLength);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
