/** Data of errors that kept its contract: what did not is handed on too, and must not pass for it. */
const accepted: WeakSet<object> = /* @__PURE__ */ new WeakSet();

export function accept(data: unknown): void {
  if (typeof data === 'object' && data !== null) accepted.add(data);
}

/** Whether the data of an error kept its contract. */
export function isAccepted(data: unknown): boolean {
  return typeof data === 'object' && data !== null && accepted.has(data);
}
