// What a page does beside its WebAssembly: this runs also where that is of another build, or did not load. Comment lines and indents are
// removed before it is sent.
{
  const LEFT = "virtuoso-left";
  const IDLE_MS = 10_000;
  // So long a page waits for its code before it says that it is not live.
  const PATIENCE_MS = 15_000;
  const html = document.documentElement;
  const edition = `${html.dataset.edition}`;
  const one = (selector) => document.querySelector(selector);

  let touched = performance.now();
  for (const name of ["pointerdown", "keydown", "scroll"]) {
    addEventListener(name, () => { touched = performance.now(); }, { capture: true, passive: true });
  }
  const isTyped = () => [...document.querySelectorAll("form[method=post] input")].some((field) => field.value !== field.defaultValue || field.checked !== field.defaultChecked);
  const isRead = () => performance.now() - touched < IDLE_MS || document.activeElement?.matches("input,select,textarea") || one("dialog[open],.more [open]");

  // The server has another edition than this page. A page reloads once for each edition it had, so it never loops.
  let waiting;
  const outdated = () => {
    const left = (sessionStorage.getItem(LEFT) ?? "").split(" ");
    if (left.includes(edition)) return;
    waiting ??= setInterval(async () => {
      if (isTyped() || (!document.hidden && isRead())) return;
      // Not into an error: what could not be loaded may have been the network.
      const answer = await fetch(location.href, { method: "HEAD", cache: "no-store" }).catch(() => {});
      if (!answer?.ok) return;
      clearInterval(waiting);
      sessionStorage.setItem(LEFT, [...left, edition].slice(-9).join(" "));
      location.reload();
    }, 1_000);
  };
  addEventListener("outdated", outdated);
  if ("outdated" in document.body.dataset) outdated();
  // A part of the code did not come: for the network, or since the server has another edition.
  addEventListener("unloaded", async () => {
    const page = await fetch(location.href, { cache: "no-store" }).then((answer) => answer.text()).catch(() => "");
    const [, served = edition] = /data-edition="([^"]*)"/.exec(page) ?? [];
    if (served === edition) return;
    document.body.dataset.outdated = "";
    outdated();
  });

  // The code itself, or the page's part of it, did not come: the page stays as the server made it. It says so until the code runs.
  const watched = one(".pulse") && setInterval(() => {
    const runs = "hydrated" in document.body.dataset;
    document.body.toggleAttribute("data-unloaded", !runs && performance.now() > PATIENCE_MS);
    if (runs) clearInterval(watched);
  }, 1_000);

  // The stream was refused: a login that ended is no lost connection.
  addEventListener("refused", async () => {
    const answer = await fetch("api/v1/config", { method: "HEAD", cache: "no-store" }).catch(() => {});
    if (answer?.status === 401) dispatchEvent(new Event("signed-out"));
  });
  addEventListener("signed-out", () => {
    const root = new URL(".", document.baseURI).pathname;
    one(".bar.signed-out a").href = `login?next=${encodeURIComponent(location.pathname.slice(root.length - 1) + location.search)}`;
  });

  // The badge, on a page that is no look at the alerts itself.
  const count = async () => {
    const badge = one(".tabs a:not([aria-current]) .badge");
    const answer = badge && (await fetch("api/v1/alerts/unseen", { cache: "no-store" }).catch(() => {}));
    if (!answer?.ok) return;
    const { label } = await answer.json();
    badge.innerHTML = label ? `${label}<span class="vh"> new</span>` : "";
  };
  addEventListener("alerts", count);
  addEventListener("pageshow", ({ persisted }) => { if (persisted) count(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) count(); });

  // The menu closes as menus do.
  const close = (focus) => {
    const menu = one(".more [open]");
    menu?.removeAttribute("open");
    if (focus) menu?.querySelector("summary").focus();
  };
  addEventListener("keydown", ({ key }) => { if (key === "Escape") close(true); });

  // The way back to the list keeps its filter, page and place: it is the way that led here, or else the list as it was left.
  const [LIST, ROW] = ["virtuoso-list", "virtuoso-row"];
  addEventListener("pagehide", () => { if (one(".card.scores")) sessionStorage.setItem(LIST, location.search); });
  addEventListener("click", (event) => {
    const at = (selector) => event.target.closest?.(selector);
    if (at(".bar button")) location.reload();
    if (!at(".more")) close();
    const back = at("a.back");
    // Any other way leads away from the list.
    if (at("a") && !back) sessionStorage.setItem(ROW, at(".rows a")?.href ?? "");
    if (!back || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (sessionStorage.getItem(ROW) === location.href && history.length > 1) {
      event.preventDefault();
      history.back();
    } else {
      back.search = sessionStorage.getItem(LIST) ?? "";
    }
  });
}
