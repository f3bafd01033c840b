// Every page in light and dark, on a phone and on a desktop: accessible, small, without layout shifts, and kept as a
// picture.
"use strict";

const assert = require("node:assert/strict");
const path = require("node:path");
const { test, before } = require("node:test");
const { withBrowser, visitor, signIn } = require("../lib/browser.js");
const faultline = require("../lib/faultline.js");
const { fill } = require("../lib/fill.js");
const { PLACES, pathOf } = require("../lib/places.js");

const axe = require("axe-core").source;

// Maximum size of a page's own HTML, in bytes, without the content of an event.
const HEAVIEST = 60_000;
// Maximum layout shift while a page loads: a tenth of what the usual measure calls good.
const STILL = 0.01;

let names;
before(async () => (names = await fill()), { timeout: 240_000 });

for (const colorScheme of ["light", "dark"]) {
  for (const width of [1280, 390]) {
    test(`every page, ${colorScheme}, ${width} pixels wide`, { timeout: 360_000 }, (t) =>
      withBrowser(async (browser) => {
        const options = { colorScheme, viewport: { width, height: 844 }, reducedMotion: "reduce" };
        const guest = await visitor(browser, options);
        const known = await visitor(browser, options);
        await signIn(known.page);
        const owner = await visitor(browser, options);
        await signIn(owner.page, names.signInKey);
        const found = [];
        for (const place of PLACES) {
          const { page, watch } = place.isSignedOut ? guest : place.isOfUser ? owner : known;
          watch.expected = place.status ? [`status of ${place.status}`] : [];
          for (const fault of await look(page, place)) found.push(`${place.name}: ${fault}`);
          const name = `${place.name}.${width}.${colorScheme}.png`;
          await page.screenshot({ path: path.join(process.env.FAULTLINE_SCREENSHOTS, name), fullPage: true });
          // The pictures in README.md and the book are written only on request, because each run shows other times.
          const pictures = process.env.FAULTLINE_PICTURES;
          if (pictures && width === 1280 && place.name === "error") {
            const clip = { x: 0, y: 0, width, height: 1100 };
            await page.screenshot({ path: path.join(pictures, `error.${colorScheme}.png`), fullPage: true, clip });
          }
        }
        t.diagnostic(`${PLACES.length} pages`);
        assert.ok(found.length === 0, found.join("\n"));
        await guest.watch.clean();
        await known.watch.clean();
        await owner.watch.clean();
      }),
    );
  }
}

// Opens a page, and returns what is wrong with it.
async function look(page, place) {
  const answer = await page.goto(pathOf(place, names), { waitUntil: "load" });
  const faults = [];
  const wrong = (isWrong, text) => isWrong && faults.push(text);
  wrong(answer.status() !== (place.status ?? 200), `answered ${answer.status()}`);

  const weight = (await answer.body()).length;
  wrong(!place.hasEvent && weight > HEAVIEST, `${weight} bytes of HTML`);
  const count = (selector) => page.locator(selector).count();
  wrong((await count("link[rel=stylesheet]")) !== 1, "not one style sheet");
  wrong((await count("script")) > 1, "more than one script");
  wrong((await count("style, [style]")) > 0, "styles of its own");

  const { shifted, wide } = await page.evaluate(async () => {
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    return { shifted: globalThis.shifted, wide: document.documentElement.scrollWidth - innerWidth };
  });
  wrong(shifted >= STILL, `moved by ${shifted} while it loaded`);
  wrong(wide > 0, `${wide} pixels wider than the window`);

  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  for (const { impact, id, help, nodes } of violations) {
    const where = nodes.slice(0, 3).map((node) => node.html.slice(0, 200));
    wrong(["serious", "critical"].includes(impact), `${impact}, ${id}: ${help}: ${where.join(" | ")}`);
  }
  return faults;
}
