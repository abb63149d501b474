// Numbers that look random and come again with the same seed.

/** A source of numbers for a seed (mulberry32). */
export function random(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    /** A whole number, `from` and `to` included. */
    between: (from, to) => from + Math.floor(next() * (to - from + 1)),
    /** One of `choices`. */
    pick: (choices) => choices[Math.floor(next() * choices.length)],
    /** The same in another order. */
    shuffle(items) {
      const order = [...items];
      for (let last = order.length - 1; last > 0; last--) {
        const other = Math.floor(next() * (last + 1));
        [order[last], order[other]] = [order[other], order[last]];
      }
      return order;
    },
  };
}
