(() => {
  "use strict";
  const root = document.documentElement;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const board = document.getElementById("board");
  const pages = all("main > .page");
  const rows = all("tr[data-row]");
  const campaign = document.getElementById("campaign");
  const unit = document.getElementById("unit");
  const lights = all("button[data-pick]");
  const count = document.getElementById("count");
  const titles = { "zh-CN": document.title, en: root.dataset.titleEn };
  let cameFrom = null;
  root.classList.add("js");

  const say = () => {
    const shown = rows.filter((row) => !row.hidden).length;
    count.textContent =
      root.lang === "en" ? `${shown} of ${rows.length} targets shown` : `显示 ${shown} / ${rows.length} 项目标`;
  };

  const filter = () => {
    const picked = lights.filter((b) => b.getAttribute("aria-pressed") === "true").map((b) => b.dataset.pick);
    for (const row of rows) {
      row.hidden =
        (campaign.value !== "" && row.dataset.campaign !== campaign.value) ||
        (unit.value !== "" && row.dataset.unit !== unit.value) ||
        (picked.length > 0 && !picked.includes(row.dataset.light));
    }
    for (const section of all("section.campaign")) {
      section.hidden = all("tr[data-row]", section).every((row) => row.hidden);
    }
    say();
  };

  const speak = (lang) => {
    root.lang = lang;
    document.title = titles[lang];
    for (const option of all("option[data-en]")) {
      option.textContent = lang === "en" ? option.dataset.en : option.dataset.zh;
    }
    say();
  };

  // One page at a time: a target by its hash, the board for every other.
  const route = () => {
    const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const page = named && pages.includes(named) ? named : null;
    for (const other of pages) other.hidden = other !== page;
    board.hidden = page !== null;
    if (page) {
      window.scrollTo(0, 0);
      page.querySelector("h2").focus({ preventScroll: true });
    } else if (cameFrom) {
      cameFrom.scrollIntoView({ block: "center" });
      cameFrom.focus({ preventScroll: true });
      cameFrom = null;
    } else if (named) {
      named.scrollIntoView();
    }
  };

  for (const button of lights) {
    button.addEventListener("click", () => {
      button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
      filter();
    });
  }
  for (const select of [campaign, unit]) select.addEventListener("change", filter);
  document.getElementById("reset").addEventListener("click", () => {
    campaign.value = unit.value = "";
    for (const button of lights) button.setAttribute("aria-pressed", "false");
    filter();
  });
  document.getElementById("language").addEventListener("click", () => speak(root.lang === "en" ? "zh-CN" : "en"));
  for (const link of all("a.open")) link.addEventListener("click", () => (cameFrom = link));
  window.addEventListener("hashchange", route);
  speak(root.lang);
  filter();
  route();
})();
