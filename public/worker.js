// Keeps the last picture of each page for when there is no network.
//
// It never answers in place of a server that answers within three seconds, and it keeps no answer of the API. A page whose tab is
// touched it fetches ahead. A picture that it shows says when it was made, in words that need no other script; the page's own code reads the mark on its body and goes on with every age from there.

/** The dashboard's root: it may share its origin with others. */
const ROOT = new URL(self.registration.scope).pathname;
const PAGES = `${ROOT} pages`;
const FILES = `${ROOT} files`;
/** Pictures and files that are kept; the oldest give way. */
const KEPT = { [PAGES]: 30, [FILES]: 20 };

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(begin()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    event.respondWith(answer(event, PAGES, isPicture, shown));
  } else if (pathname.startsWith(ROOT) && /\/(pkg|edition-\w+)\//.test(pathname)) {
    event.respondWith(answer(event, FILES, ({ ok }) => ok, (file) => file));
  }
});

/** For how long a page that was asked for ahead is as good as one asked for now: its ages are shown in whole seconds. */
const AHEAD_MS = 1_000;
/** The page whose tab was touched last. */
let ahead;

/** A tab is touched: its page is asked for before the thumb is lifted. */
self.addEventListener("message", ({ data: url }) => {
  // Where it fails, the page is asked for again when it is opened.
  const answer = fetch(url, { headers: { accept: "text/html" }, redirect: "manual" }).catch(() => undefined);
  ahead = { url, until: Date.now() + AHEAD_MS, answer };
});

/** The answer that was asked for ahead, once and in time. */
function taken({ mode, url }) {
  if (mode !== "navigate" || ahead?.url !== url || Date.now() > ahead.until) return undefined;
  const { answer } = ahead;
  ahead = undefined;
  return answer;
}

/** Takes over the pages that are open, which came before there was a worker to keep them. */
async function begin() {
  await self.clients.claim();
  for (const { url } of await self.clients.matchAll({ type: "window" })) {
    const answer = await fetch(url);
    if (isPicture(answer)) await keep(PAGES, url, answer);
  }
}

/** How long the network may take before what is kept is shown. An answer that comes later is kept all the same. */
const PATIENCE_MS = 3_000;

/** What the server answers, or what it answered last where it does not, or not in time. */
async function answer(event, store, worth, show) {
  const { request } = event;
  const network = (async () => {
    const answer = (await taken(request)) ?? (await fetch(request));
    // Copied before anybody reads it.
    return [answer, worth(answer) ? answer.clone() : undefined];
  })();
  event.waitUntil(network.then(([, copy]) => copy && keep(store, request.url, copy)).catch(() => {}));
  const stored = async () => (await caches.open(store)).match(request.url, { ignoreVary: true });
  try {
    const late = await Promise.race([network.then(() => undefined), pause(PATIENCE_MS).then(() => "SLOW CONNECTION")]);
    const kept = late && (await stored());
    if (kept) return show(kept, late);
    return (await network)[0];
  } catch (error) {
    const kept = await stored();
    if (kept) return show(kept, "NO CONNECTION");
    if (store === PAGES) return new URL(request.url).pathname.endsWith("/start") ? Response.redirect("./") : unseen();
    throw error;
  }
}

/** Resolves after a while. */
function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Whether an answer is a page as its reader wanted it: no error, and not led to the login. */
function isPicture({ status, redirected, headers }) {
  return status === 200 && !redirected && (headers.get("content-type") ?? "").startsWith("text/html");
}

async function keep(store, url, answer) {
  const kept = await caches.open(store);
  // Put in anew, it is the youngest.
  await kept.delete(url, { ignoreVary: true });
  await kept.put(url, answer);
  const all = await kept.keys();
  for (const old of all.slice(0, Math.max(0, all.length - KEPT[store]))) await kept.delete(old, { ignoreVary: true });
}

/** A kept page, dated by the server's own clock, with the reason why it is shown. */
async function shown(kept, why) {
  const made = Date.parse(kept.headers.get("date") ?? "");
  const when = Number.isNaN(made) ? "at a time that is not known" : `of ${dated(made)}`;
  const banner = `<div class="notices kept" role="status"><p class="notice grave"><strong>${why}:</strong> this is the last picture, ${when}.</p></div>`;
  const page = (await kept.text()).replace("<body", `<body data-kept="${Number.isNaN(made) ? "" : made}"`);
  const inside = page.indexOf(">", page.indexOf("<body")) + 1;
  const headers = new Headers(kept.headers);
  // It has been unpacked, and is longer now.
  for (const name of ["content-encoding", "content-length"]) headers.delete(name);
  return new Response(page.slice(0, inside) + banner + page.slice(inside), { headers });
}

/** `21 Nov 2026, 23:10:05 UTC`: as the pages write it, in whatever language the browser is. */
function dated(ms) {
  const [, day, month, year, time] = /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date(ms).toUTCString());
  return `${Number(day)} ${month} ${year}, ${time} UTC`;
}

/** A page that was never opened here, with the way to those that were. */
async function unseen() {
  const pages = await (await caches.open(PAGES)).keys();
  const links = pages.reverse().map(({ url }) => {
    const { pathname, search } = new URL(url);
    const text = (pathname + search).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
    return `<li><a href="${text}">${text}</a></li>`;
  });
  const head = `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">`;
  const dark = `<meta name="color-scheme" content="light dark"><title>No connection · Virtuoso</title></head>`;
  const body = `<body><main><h1>No connection</h1><p>This page was never opened here, so there is no picture of it.`;
  const kept = links.length ? ` These are kept:</p><ul>${links.join("")}</ul>` : `</p>`;
  const headers = { "content-type": "text/html; charset=utf-8", "content-security-policy": "default-src 'none'" };
  return new Response(`${head}${dark}${body}${kept}</main></body></html>`, { status: 503, headers });
}
