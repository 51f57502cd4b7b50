/** Answers of error whose data kept its contract, with that data: what did not keep it is handed on too, and must not pass for it. */
export const accepted: WeakMap<Response, unknown> = /* @__PURE__ */ new WeakMap();
