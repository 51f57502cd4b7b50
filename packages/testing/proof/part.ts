/** One part of `npm run proof`: it throws where a claim does not hold. */
export interface Part {
  /** As `--part` takes it. */
  readonly name: string;
  /** One line: what is claimed. */
  readonly title: string;
  /** How long it takes, where that is too long for a part that nobody asked for: it runs only when it is named. */
  readonly long?: string;
  run(proof: Proof): Promise<void>;
}

export interface Proof {
  /** `--seed`, 1 unless given. The same seed makes the same run. */
  readonly seed: number;
  /** `--firefox`: where a browser is used, this one too. */
  readonly firefox: boolean;
  /** `--write`: what stands in the README is written anew. */
  readonly write: boolean;
  /** What is going on, for the terminal. */
  progress(text: string): void;
  /** A thing that was counted or measured, for the terminal and the page: `fact('orders run', '18,000')`. */
  fact(what: string, measured: string): void;
  /** A picture for the page, as SVG. */
  picture(title: string, svg: string): void;
}
