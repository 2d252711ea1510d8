/** The first true value of ready(); an error that says `what` after a while. */
export async function until(what, ready, ms = 3000) {
  const end = Date.now() + ms;
  for (;;) {
    const value = await ready();
    if (value) return value;
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

async function turns() {
  for (let i = 0; i < 40; ++i) await new Promise((resolve) => setImmediate(resolve));
}

/** Lets all that is under way arrive, and short timers run out, however slow the machine is. */
export async function settle() {
  await turns();
  await new Promise((resolve) => setTimeout(resolve, 15));
  await turns();
}

/** The details of each event of this name, as they come. */
export function record(target, type) {
  const details = [];
  target.addEventListener(type, ({ detail }) => details.push(detail));
  return details;
}
