/** Answers of error whose data kept its contract, with that data: what did not keep it is handed on too, and must not pass for it. */
const accepted: WeakMap<Response, unknown> = /* @__PURE__ */ new WeakMap();

export function accept(response: Response, data: unknown): void {
  accepted.set(response, data);
}

/** Whether the data of an error is what its contract has made of it. */
export function isAccepted(response: Response, data: unknown): boolean {
  return accepted.has(response) && Object.is(accepted.get(response), data);
}
