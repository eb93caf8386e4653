"use strict";
// Adds to a page what reading alone does not need: the choice of a theme, and
// tables that sort, filter and choose their columns. Nothing is fetched.

// A report is read through out/<spec>.html too, which is a link to it: a browser
// then looks for the files of the run in out/.
{
  const home = document.body.dataset.home ?? "";
  const [, dir, file] = decodeURIComponent(location.pathname).match(/^(.*\/)([^/]*)$/) ?? [];
  if (home && file === home.split("/")[0] + ".html" && !dir.endsWith(`/${home}/`)) {
    for (const a of document.querySelectorAll('a[href^="./"]')) a.setAttribute("href", `./${home}/${a.getAttribute("href").slice(2)}`);
  }
}

// The theme. From a file:// page the storage may be refused.
{
  const themes = ["auto", "light", "dark"];
  const key = "runx-theme";
  const button = document.getElementById("theme");
  const read = () => { try { return localStorage.getItem(key); } catch { return null; } };
  const keep = (theme) => { try { localStorage.setItem(key, theme); } catch { /* not kept */ } };
  const set = (theme) => {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.dataset.theme = theme;
    button.textContent = "Theme: " + theme;
  };
  set(themes.includes(read()) ? read() : "auto");
  button.hidden = false;
  button.addEventListener("click", () => {
    const next = themes[(themes.indexOf(button.dataset.theme) + 1) % themes.length];
    set(next);
    keep(next);
  });
}

// What is folded is printed too.
{
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open]):not(.chooser)")];
    for (const d of folded) d.open = true;
  });
  addEventListener("afterprint", () => { for (const d of folded) d.open = false; });
}

// A strip shows the samples of a point in order: for each part of them the
// range from the smallest to the largest, as two letters from A (bottom) to Z
// (top). A part ends in "!" where a sample failed and in "~" where one is tainted.
const strip = (code) => {
  const ns = "http://www.w3.org/2000/svg";
  const width = 2.5, height = 20, dot = 2; // a mark is at least a dot high
  const unit = (height - dot) / 25;
  const parts = code.match(/(?:[A-Z]{2}|-)[!~]?/g) ?? [];
  const paths = { ok: "", tainted: "", failed: "" };
  parts.forEach((part, i) => {
    const x = (i + .5) * width;
    const end = part.at(-1);
    if (part[0] !== "-") {
      const [lo, hi] = [part.charCodeAt(0) - 65, part.charCodeAt(1) - 65];
      const line = `M${x} ${(height - lo * unit).toFixed(1)}V${(height - hi * unit - dot).toFixed(1)}`;
      paths[end === "~" ? "tainted" : "ok"] += line;
    }
    if (end === "!") paths.failed += `M${x} 0V${height}`;
  });
  const svg = document.createElementNS(ns, "svg");
  svg.setAttribute("viewBox", `0 0 ${Math.max(parts.length, 1) * width} ${height}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("class", "strip");
  svg.setAttribute("aria-hidden", "true");
  for (const [name, d] of Object.entries(paths)) {
    if (d === "") continue;
    const path = document.createElementNS(ns, "path");
    path.setAttribute("class", name);
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
};

// A table of data is of the class "data" and has an id. Its <th data-name> are its
// columns, class "num" where they hold numbers. Rows that wait in a <template>
// of the body are shown when they are asked for. A cell sorts by its data-v, or
// by its text.
class DataTable {
  static step = 200; // rows that are drawn at once

  constructor(table) {
    this.table = table;
    this.body = table.tBodies[0];
    this.heads = [...table.tHead.rows[0].cells];
    const waiting = this.body.querySelector("template");
    this.rows = [...this.body.rows, ...(waiting ? waiting.content.children : [])];
    waiting?.remove();
    this.order = this.rows;
    this.shown = this.rows;
    this.limit = DataTable.step;
    this.tools = document.querySelector(`.tools[data-for="${table.id}"]`);
    this.sortable();
    if (this.tools) {
      this.filterable();
      this.choosable();
      this.tools.hidden = false;
    }
    this.draw();
  }

  value(row, column) {
    const cell = row.cells[column];
    return cell.dataset.v ?? cell.textContent;
  }

  sortable() {
    this.heads.forEach((th, column) => {
      if (th.dataset.name === undefined) return;
      const button = document.createElement("button");
      button.type = "button";
      button.append(...th.childNodes);
      th.append(button);
      button.addEventListener("click", () => this.sort(column, th));
    });
  }

  // Ascending first, descending next; what is missing stays below.
  sort(column, th) {
    const sign = th.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    for (const other of this.heads) other.removeAttribute("aria-sort");
    th.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
    const numeric = th.classList.contains("num");
    const keyed = this.rows.map((row) => {
      const text = this.value(row, column);
      const key = numeric ? parseFloat(text) : text;
      return { row, key, missing: numeric ? Number.isNaN(key) : text === "" || text === "-" };
    });
    keyed.sort((a, b) => {
      if (a.missing || b.missing) return a.missing - b.missing;
      return sign * (numeric ? a.key - b.key : a.key.localeCompare(b.key, "en", { numeric: true }));
    });
    this.order = keyed.map((k) => k.row);
    this.draw();
  }

  filterable() {
    this.count = this.tools.querySelector("output");
    const input = this.tools.querySelector("input[type=search]");
    if (!input) return;
    let timer = 0;
    input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => { this.tests = this.parse(input.value); this.draw(); }, this.rows.length > 2000 ? 150 : 0);
    });
  }

  // Terms, all of which must hold: name=text, name!=text, name<number and the
  // like compare a column; any other text is looked for in the whole row.
  // Numbers are in the unit of the column's name, whatever unit it is shown in.
  parse(query) {
    return query.toLowerCase().split(/\s+/).filter(Boolean).map((term) => {
      const [, name, op, want] = term.match(/^([^<>=!]+)(!=|<=|>=|=|<|>)(.+)$/) ?? [];
      const column = name ? this.column(name) : -1;
      if (column < 0) return (row) => this.text(row).includes(term);
      const head = this.heads[column];
      const number = Number(want);
      const scale = Number(head.dataset.scale ?? 1);
      const off = scale === 1 ? 0 : 1e-3 * Math.abs(number); // what is shown is rounded
      return (row) => {
        const text = this.value(row, column).trim().toLowerCase();
        const have = parseFloat(text) * scale;
        const same = text === want || (head.classList.contains("num") && Math.abs(have - number) <= off);
        switch (op) {
          case "=": return same;
          case "!=": return !same;
          case "<": return have < number;
          case "<=": return have <= number;
          case ">": return have > number;
          default: return have >= number;
        }
      };
    });
  }

  // The column of a name, or of the only name that begins so.
  column(name) {
    const names = this.heads.map((th) => (th.dataset.name ?? "").toLowerCase());
    const exact = names.indexOf(name);
    if (exact >= 0) return exact;
    return names.findIndex((n) => n !== "" && n.startsWith(name));
  }

  text(row) { return row._text ??= row.textContent.toLowerCase(); }

  choosable() {
    const box = this.tools.querySelector(".chooser > div");
    if (!box) return;
    const style = document.createElement("style");
    document.head.append(style);
    const write = () => {
      style.textContent = this.heads.map((th, i) => {
        const cells = `#${CSS.escape(this.table.id)} tr > :nth-child(${i + 1})`;
        return th.dataset.off === undefined ? "" : `${cells}{display:none}`;
      }).join("");
    };
    for (const th of this.heads) {
      if (th.dataset.name === undefined) continue;
      const label = document.createElement("label");
      const check = document.createElement("input");
      check.type = "checkbox";
      check.checked = th.dataset.off === undefined;
      check.addEventListener("change", () => {
        if (check.checked) delete th.dataset.off;
        else th.dataset.off = "";
        write();
      });
      label.append(check, " " + th.dataset.name);
      label.title = th.title;
      box.append(label);
    }
    write();
    document.getElementById(this.table.id + "-off")?.remove();
    const fold = box.parentElement;
    addEventListener("click", (e) => { if (!fold.contains(e.target)) fold.open = false; });
    fold.addEventListener("keydown", (e) => {
      if (e.key !== "Escape") return;
      fold.open = false;
      fold.querySelector("summary").focus();
    });
  }

  draw() {
    this.shown = this.tests?.length ? this.order.filter((row) => this.tests.every((t) => t(row))) : this.order;
    const drawn = this.shown.slice(0, this.limit);
    for (const row of drawn) {
      for (const code of row.querySelectorAll("[data-s]")) code.replaceWith(strip(code.dataset.s));
    }
    this.body.replaceChildren(...drawn);
    this.more(this.shown.length - drawn.length);
    if (!this.count) return;
    const all = this.rows.length;
    const rows = all === 1 ? "row" : "rows";
    this.count.textContent = this.shown.length === all ? `${all} ${rows}` : `${this.shown.length} of ${all} ${rows}`;
  }

  more(left) {
    this.button?.remove();
    if (left <= 0) return;
    this.button = document.createElement("button");
    this.button.type = "button";
    this.button.className = "more";
    this.button.textContent = `Show ${left} more`;
    this.button.addEventListener("click", () => { this.limit = Infinity; this.draw(); });
    (this.table.closest(".frame") ?? this.table).after(this.button);
  }
}

for (const table of document.querySelectorAll("table.data")) new DataTable(table);

// "/" goes to the filter.
addEventListener("keydown", (e) => {
  if (e.key !== "/" || e.ctrlKey || e.metaKey || e.altKey || e.target.closest("input, textarea, select")) return;
  const input = document.querySelector(".tools input[type=search]");
  if (!input) return;
  e.preventDefault();
  input.focus();
});

// A button that copies the text before it.
for (const pre of document.querySelectorAll("pre.copy")) {
  if (!navigator.clipboard) break;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copier";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(pre.textContent);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Not allowed";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
  const box = document.createElement("div");
  box.className = "copybox";
  pre.replaceWith(box);
  box.append(pre, button);
}
