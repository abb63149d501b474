// Running a function in a page: the same values and errors go in and out of every browser.

/**
 * The source of an expression that runs `fn(arg)` and resolves to JSON text. `fn` is a function or its source; it sees
 * nothing but the page and `arg`.
 */
export function expression(fn, arg) {
  const text = arg === undefined ? "undefined" : JSON.stringify(arg);
  return `(async () => {
    try {
      return JSON.stringify({ value: await (${fn})(${text}) });
    } catch (error) {
      return JSON.stringify({ error: { name: error?.name, message: String(error?.message ?? error), code: error?.code } });
    }
  })()`;
}

/** What `fn` returned; throws what it threw, with its `name`, `message` and `code`. */
export function outcome(text) {
  const { value, error } = JSON.parse(text);
  if (error) throw Object.assign(new Error(error.message), { name: error.name, code: error.code });
  return value;
}
