// Watching the fractal farm: how far it is, which hosts have computed its tiles, and how many of them at the same time.

/** What computes one tile. */
const RENDER = "Tile.Render";

/** Milliseconds by which the clocks of two tabs may differ. */
const SKEW = 2;

/**
 * Has a tab note from now on which host computes tiles when; resolves with a function that tells what came since it was asked last:
 * `counts` of all tiles by host, and of some of them, as hosts tell of no more one by one, from when to when they were computed.
 */
export async function watchTiles(tab) {
  const worker = await tab.sampleKey("fractal_tile");
  await tab.page.evaluate(
    ({ operation, worker }) => {
      window.farm = { counts: {}, tiles: [] };
      void (async () => {
        for await (const { host, edges, calls } of window.wisteria.lattice.observe()) {
          const { counts, tiles } = window.farm;
          const computed = edges.filter(({ target }) => target === worker).reduce((sum, { count, failed }) => sum + count - failed, 0);
          if (computed > 0) counts[host] = (counts[host] ?? 0) + computed;
          for (const { operation: done, error, began, waited, took } of calls) {
            if (done === operation && !error) tiles.push({ host, from: began + waited, to: began + took });
          }
        }
      })();
    },
    { operation: RENDER, worker },
  );
  return () =>
    tab.page.evaluate(() => {
      const seen = window.farm;
      window.farm = { counts: {}, tiles: [] };
      return seen;
    });
}

/** Which picture is drawn, from 0, how many of its tiles are, and how many it has. */
export async function progressOf(tab) {
  const farm = await tab.sampleKey("fractal_farm");
  const [picture, drawn, all] = await tab.page.evaluate((actor) => window.wisteria.call(actor, "Farm.Progress", null), farm);
  return { picture, drawn, all };
}

/** How many points of the picture on a tab's stage are empty. */
export function holesOf(tab) {
  return tab.page.evaluate(() => {
    const canvas = document.querySelector('[aria-label="Stage"] canvas');
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return data.filter((value, at) => at % 4 === 3 && value !== 255).length;
  });
}

/** How many hosts have computed at the same moment, at most. */
export function hostsAtOnce(tiles) {
  const times = tiles.flatMap(({ host, from, to }) => (to - from > SKEW ? [[from + SKEW, 1, host], [to, -1, host]] : []));
  times.sort(([one, step], [other, otherStep]) => one - other || step - otherStep);
  const computing = new Map();
  let most = 0;
  for (const [, step, host] of times) {
    const count = (computing.get(host) ?? 0) + step;
    if (count === 0) computing.delete(host);
    else computing.set(host, count);
    most = Math.max(most, computing.size);
  }
  return most;
}
