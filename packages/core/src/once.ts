/**
 * A function of a layer's options that is asked once for each options object: those of an instance are the same object on
 * every call.
 */
export function once<Options extends object, Value>(
  make: (options: Options) => Value,
): (options: Options) => Value {
  const made = new WeakMap<Options, { readonly value: Value }>();
  return (options) => {
    let known = made.get(options);
    if (!known) made.set(options, (known = { value: make(options) }));
    return known.value;
  };
}
