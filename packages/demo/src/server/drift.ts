type Fields = Readonly<Record<string, unknown>>;

/** Ways in which a contract drifts, each still JSON and still 200. */
const drifts: readonly ((answer: Fields) => unknown)[] = [
  // a number becomes a string
  ({ id, ...rest }) => ({ id: String(id), ...rest }),
  // the last field is gone
  (answer) => Object.fromEntries(Object.entries(answer).slice(0, -1)),
  // the last field is null
  (answer) => ({ ...answer, [Object.keys(answer).at(-1)!]: null }),
  // an envelope around it all
  (answer) => ({ data: answer }),
];

/** The answer in another shape. */
export function drift(answer: object, form: number): unknown {
  return drifts[Math.floor(form * drifts.length)]!(answer as Fields);
}
