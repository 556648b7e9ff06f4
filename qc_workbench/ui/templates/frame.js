// Mends what Streamlit's own markup lacks, whenever it has drawn something. Each mending names what it is for
// (tests/browser/accessibility.py holds them); one that Streamlit has come to do itself is to be deleted.
(() => {
  const WORDS = WORDS_OF_THE_CATALOGUE;
  const root = document.documentElement;
  const wordOf = new Map(WORDS.flatMap((word) => Object.values(word).map((text) => [text, word])));
  const all = (selector) => document.querySelectorAll(selector);

  const language = () => {
    const chosen = getComputedStyle(root).getPropertyValue("--qcw-language").trim();
    return chosen || (navigator.language.startsWith("ru") ? "ru" : "en");
  };

  // axe: valid-lang, WCAG 3.1.1. Streamlit's page says English, whatever is written on it.
  const sayLanguage = () => { if (root.lang !== language()) root.lang = language(); };

  // Streamlit names its own buttons in English only.
  const translate = () => {
    for (const name of ["aria-label", "title", "placeholder"])
      for (const node of all(`[${name}]`)) {
        const word = wordOf.get(node.getAttribute(name));
        if (word && word[language()] !== node.getAttribute(name)) node.setAttribute(name, word[language()]);
      }
  };

  // axe: list, listitem. Where the sidebar has a heading, its links lie in a div between the list and its items.
  const mendSidebar = () => {
    const list = document.querySelector("[data-testid=stSidebarNavItems]");
    const groups = list ? [...list.children].filter((child) => child.tagName === "DIV") : [];
    if (!groups.length) return;
    list.setAttribute("role", "presentation");
    for (const group of groups) {
      group.setAttribute("role", "group");
      group.setAttribute("aria-label", group.querySelector("header")?.textContent.replace(/expand_\w+/, "") ?? "");
    }
    for (const item of list.querySelectorAll("li")) item.setAttribute("role", "presentation");
  };

  // WCAG 2.4.1: past twenty-five links at once.
  const offerSkip = () => {
    const main = document.querySelector("[data-testid=stMain]");
    let skip = document.querySelector(".qcw-skip");
    if (!main || !document.body) return;
    if (!skip) {
      skip = document.createElement("a");
      skip.className = "qcw-skip";
      skip.href = "#stMain";
      skip.addEventListener("click", (event) => { event.preventDefault(); document.querySelector("[data-testid=stMain]")?.focus(); });
      document.body.prepend(skip);
    }
    const word = WORDS.find((item) => item.en === "Skip to content")[language()];
    if (skip.textContent !== word) skip.textContent = word;
  };

  // A day not chosen yet: its parts are named in English, beside the form that Streamlit writes them in.
  const translateDays = () => {
    for (const part of all("[data-testid=stDateInputField] [role=spinbutton]")) {
      const [name, rest] = (part.getAttribute("aria-label") ?? "").split(/, (.*)/s);
      const word = wordOf.get(name);
      if (word && word[language()] !== name) part.setAttribute("aria-label", `${word[language()]}, ${rest ?? ""}`);
      const shown = part.hasAttribute("data-placeholder") && part.firstChild?.nodeType === Node.TEXT_NODE ? part.firstChild : null;
      const blank = shown && wordOf.get(shown.nodeValue);
      if (blank && blank[language()] !== shown.nodeValue) shown.nodeValue = blank[language()];
    }
  };

  // axe: label-content-name-mismatch. The month and the year above a calendar are named by what they choose alone: the
  // part that would say which is chosen does not exist.
  const named = new WeakMap();
  const nameChosen = () => {
    for (const button of all("button[aria-haspopup=listbox][aria-label][aria-labelledby]")) {
      if (button.getAttribute("aria-labelledby").split(" ").every((id) => document.getElementById(id))) continue;
      const now = button.getAttribute("aria-label");
      const kept = named.get(button);
      const from = kept?.to === now ? kept.from : now;
      const to = `${from}, ${button.textContent.trim()}`;
      named.set(button, { from, to });
      if (to !== now) button.setAttribute("aria-label", to);
    }
  };

  // axe: scrollable-region-focusable. A long text of code is moved with the arrows, too.
  const reachCode = () => {
    for (const text of all("[data-testid=stCode] pre")) {
      const scrolls = text.scrollHeight > text.clientHeight + 1 || text.scrollWidth > text.clientWidth + 1;
      if (scrolls !== text.hasAttribute("tabindex")) text.toggleAttribute("tabindex", scrolls) && text.setAttribute("tabindex", "0");
    }
  };

  // An upload's words are English and its sizes have an English point and no space: "5.7KB", "200MB per file". A size
  // can't be read back from what we made of it, so what Streamlit wrote is kept for the next change of the language.
  const written = new WeakMap();
  const templates = WORDS.filter((word) => /\{(name|size)\}/.test(word.en)).map((word) => {
    const [before, after] = word.en.split(/\{\w+\}/);
    return { word, before, after };
  });
  const sized = (text) => text.replace(/^(\d+)(\.\d+)?([KMG]?B)$/, (_, whole, part = "", unit) =>
    new Intl.NumberFormat(language(), { minimumFractionDigits: Math.max(0, part.length - 1) }).format(whole + part)
      + `\u00a0${wordOf.get(unit)[language()]}`);
  const uploadSays = (text) => {
    const known = wordOf.get(text);
    if (known) return known[language()];
    for (const { word, before, after } of templates)
      if (text.startsWith(before) && text.endsWith(after) && text.length > before.length + after.length)
        return word[language()].replace(/\{\w+\}/, () => sized(text.slice(before.length, text.length - after.length)));
    return sized(text);
  };
  const rewrite = (node, now, write) => {
    const kept = written.get(node);
    const from = kept?.to === now ? kept.from : now;
    const [, start, end] = node.dataset?.testid === "stFileChip" ? from.match(/^(.*, )(.*)$/s) ?? [, "", from] : [, "", from];
    const to = start + uploadSays(end);
    written.set(node, { from, to });
    if (to !== now) write(to);
  };
  const translateUploads = () => {
    for (const upload of all("[data-testid=stFileUploader]")) {
      const texts = document.createTreeWalker(upload, NodeFilter.SHOW_TEXT);
      for (let node = texts.nextNode(); node; node = texts.nextNode())
        if (!node.parentElement.closest("[data-testid=stFileChipName], label")) rewrite(node, node.nodeValue, (text) => { node.nodeValue = text; });
      for (const node of upload.querySelectorAll("[data-testid=stFileChip], [data-testid=stFileChipDeleteBtn] button"))
        rewrite(node, node.getAttribute("aria-label") ?? "", (text) => node.setAttribute("aria-label", text));
    }
  };

  // Paper: each table that is drawn on a canvas is written out as one, from what it tells screen readers.
  const writeTables = () => {
    forgetTables();
    for (const frame of all("[data-testid=stDataFrame]")) {
      const told = frame.querySelector("canvas table");
      if (!told?.querySelector("tbody tr")) continue;
      const table = told.cloneNode(true);
      table.className = "qcw-printed";
      for (const node of [table, ...table.querySelectorAll("*")])
        for (const { name } of [...node.attributes]) if (name !== "class") node.removeAttribute(name);
      frame.classList.add("qcw-has-printed");
      frame.after(table);
    }
  };
  const forgetTables = () => {
    for (const table of all(".qcw-printed")) table.remove();
    for (const frame of all(".qcw-has-printed")) frame.classList.remove("qcw-has-printed");
  };
  addEventListener("beforeprint", writeTables);
  addEventListener("afterprint", forgetTables);

  const mendings = [sayLanguage, translate, translateDays, nameChosen, translateUploads, reachCode, mendSidebar, offerSkip];
  const mend = () => { for (const one of mendings) one(); };
  let isAsked = false;
  new MutationObserver(() => {
    if (isAsked) return;
    isAsked = true;
    setTimeout(() => { isAsked = false; mend(); }, 60);
  }).observe(root, { childList: true, subtree: true, characterData: true });
  mend();
})();
