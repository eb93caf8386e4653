"""Reads the pages of runs as people do: in a real Chromium, with mouse, keyboard, phone, printer, and without scripts.

Usage: browser.py RUNX OUT PICTURES. OUT holds runs with their reports; RUNX makes the index, a comparison, and a run whose
texts attack. Pictures of all pages are left in PICTURES. Nothing may be fetched, logged as an error, or run.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
from urllib.parse import unquote, urlsplit

from playwright.sync_api import Error, sync_playwright

ATTACK = """</script><script>window.attacked=1</script><img src=x onerror="window.attacked=1"><svg onload=window.attacked=1>'"&{{.}}`${1}`<!--"""

HOSTILE = """version: 1
name: hostile
title: %(attack)s
question: %(attack)s
tags: [attack]
workload: exec
params: {command: "sh {script} {text}", script: %(script)s}
sweep: {text: [%(attack)s, "plain"]}
where: 'text != ""'
measure: {samples: 6, warmup: 0}
extract:
  value_ms: {regex: 'value ([0-9.]+)'}
claims:
  - name: %(attack)s
    where: text != "x"
    value: max(value_ms_p50)
    expect: value < 1
plots:
  - {x: value_ms_p50, y: value_ms_p50, color: text, title: %(attack)s, kind: scatter, reference: [{y: 2, label: %(attack)s}]}
"""

# What every page must be, as the page itself can tell: a list of what is wrong.
STATIC = r"""
() => {
  const wrong = [];
  const say = (what, e) => wrong.push(what + (e ? ": " + e.outerHTML.slice(0, 160) : ""));
  const visible = (e) => e.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const name = (e) => (e.getAttribute("aria-label") ?? document.getElementById(e.getAttribute("aria-labelledby"))?.textContent
    ?? e.querySelector(":scope > title")?.textContent ?? e.alt ?? e.labels?.[0]?.textContent ?? e.textContent ?? "").trim();

  if (!document.documentElement.lang) say("no language");
  if (!document.title.trim()) say("no title");
  if (document.querySelectorAll("h1").length !== 1) say("not one h1");
  let level = 0;
  for (const h of document.querySelectorAll("h1,h2,h3,h4")) {
    const n = +h.tagName[1];
    if (n > level + 1) say("a level of headings is left out", h);
    level = n;
  }
  const ids = new Set();
  for (const e of document.querySelectorAll("[id]")) {
    if (ids.has(e.id)) say("id twice", e);
    ids.add(e.id);
  }
  for (const a of ["aria-labelledby", "aria-describedby", "for", "data-for"])
    for (const e of document.querySelectorAll(`[${a}]`)) if (!ids.has(e.getAttribute(a))) say(a + " leads nowhere", e);
  for (const a of document.querySelectorAll('a[href^="#"]')) if (!ids.has(decodeURIComponent(a.hash.slice(1)))) say("link leads nowhere", a);
  for (const e of document.querySelectorAll("svg:not(svg svg),img")) {
    if (e.closest("[aria-hidden=true]")) continue;
    if (e.tagName === "svg" && e.getAttribute("role") !== "img") say("picture without a role", e);
    if (!(e.getAttribute("aria-label") || e.alt || e.querySelector("title")?.textContent || e.getAttribute("aria-labelledby"))) say("picture without a name", e);
  }
  for (const e of document.querySelectorAll("button,input,select,summary,a[href]"))
    if (visible(e) && !e.closest("[aria-hidden=true]") && !name(e) && !e.placeholder) say("control without a name", e);
  for (const e of document.querySelectorAll("[aria-hidden=true]"))
    if (e.matches("a,button") && e.tabIndex >= 0 || e.querySelector("a:not([tabindex='-1']),button,input")) say("hidden, but keys reach it", e);
  for (const e of document.querySelectorAll("thead th:not([scope])")) say("heading without a scope", e);
  for (const e of document.querySelectorAll("main *"))
    if (e.scrollWidth > e.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(e).overflowX) && e.tabIndex < 0 && visible(e)) say("scrolls, but not by keys", e);
  for (const e of document.querySelectorAll("main svg")) {
    const box = e.getBoundingClientRect();
    if (visible(e) && (box.width < 1 || box.height < 1)) say("picture without a size", e);
  }
  for (const e of document.querySelectorAll("*"))
    for (const a of e.attributes) {
      if (/^on/i.test(a.name)) say("attribute that runs", e);
      if (/^(src|href|xlink:href|action|formaction|srcset|poster|data)$/i.test(a.name) && /^\s*(javascript|vbscript|https?):/i.test(a.value) && !e.matches("a[rel~=noreferrer]")) say("link to elsewhere", e);
    }
  for (const e of document.querySelectorAll("iframe,object,embed,base,form,img:not([src^='data:']),link:not([href^='data:']),audio,video")) say("element that has no place here", e);
  const run = [...document.scripts].filter((s) => !s.type || /javascript|module/.test(s.type));
  if (run.length !== 1) say(run.length + " scripts");
  if (window.attacked) say("a text of the run was run");
  return wrong;
}
"""

# The ratio of luminances between texts and what is behind them, where it is below WCAG's AA.
CONTRAST = r"""
() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].map((c) => c / 255);
  };
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
  const ground = (e) => {
    const layers = [];
    for (; e; e = e.parentElement) layers.push(rgba(getComputedStyle(e).backgroundColor));
    return layers.reverse().reduce((under, top) => over(top, under), [1, 1, 1, 1]);
  };
  const luminance = (c) => [0.2126, 0.7152, 0.0722].reduce((sum, w, i) => sum + w * (c[i] <= 0.04045 ? c[i] / 12.92 : ((c[i] + 0.055) / 1.055) ** 2.4), 0);
  const wrong = new Map();
  const seen = new Map();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) {
    const e = node.parentElement;
    if (!node.data.trim() || e.closest("svg,script,style,template") || !e.checkVisibility()) continue;
    const style = getComputedStyle(e);
    const behind = ground(e);
    const key = style.color + behind;
    if (!seen.has(key)) {
      const [a, b] = [luminance(over(rgba(style.color), behind)), luminance(behind)].sort((x, y) => y - x);
      seen.set(key, (a + 0.05) / (b + 0.05));
    }
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || size >= 18.66 && style.fontWeight >= 700;
    if (seen.get(key) < (large ? 3 : 4.5)) wrong.set(key, `contrast ${seen.get(key).toFixed(2)} of "${node.data.trim().slice(0, 40)}" (${style.color})`);
  }
  return [...wrong.values()];
}
"""

# Whether the rows that a table shows are in the order of a column: "" or what is not.
ORDER = r"""
([table, column]) => {
  const t = document.getElementById(table);
  const th = t.tHead.rows[0].cells[column];
  const numeric = th.classList.contains("num");
  const sign = th.getAttribute("aria-sort") === "descending" ? -1 : 1;
  const values = [...t.tBodies[0].rows].map((r) => r.cells[column].dataset.v ?? r.cells[column].textContent);
  const keys = values.map((v) => numeric ? parseFloat(v) : v);
  const missing = (k) => numeric ? Number.isNaN(k) : k === "" || k === "-";
  for (let i = 1; i < keys.length; i++) {
    const [a, b] = [keys[i - 1], keys[i]];
    if (missing(a) && !missing(b)) return `${values[i]} comes after what is missing`;
    if (missing(a) || missing(b)) continue;
    if (sign * (numeric ? a - b : a.localeCompare(b, "en", { numeric: true })) > 0) return `${values[i - 1]} comes before ${values[i]}`;
  }
  return "";
}
"""


class Reader:
    """Opens one page in all the ways, and keeps what is wrong with it."""

    def __init__(self, browser, path, pictures, name):
        self.browser, self.path, self.pictures, self.name = browser, pathlib.Path(path).resolve(), pictures, name
        self.wrong = []
        self.checks = 0

    def check(self, fine, what):
        self.checks += 1
        if not fine:
            self.wrong.append(what)

    def empty(self, found, where):
        self.checks += 1
        self.wrong += [f"{where}: {what}" for what in found]

    def open(self, width=1280, height=900, scheme="light", at=None, **how):
        address = (pathlib.Path(at).absolute() if at else self.path).as_uri()
        context = self.browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, **how)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("console", lambda m: m.type in ("error", "warning") and self.wrong.append(f"console: {m.text}"))
        page.on("pageerror", lambda e: self.wrong.append(f"error in the script: {e}"))
        page.on("request", lambda r: r.url.split("#")[0] != address and not r.url.startswith("data:") and self.wrong.append(f"request of {r.url}"))
        page.on("dialog", lambda d: (self.wrong.append(f"dialog: {d.message}"), d.dismiss()))
        page.goto(address, wait_until="load")
        return page

    def picture(self, page, label):
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=self.pictures / f"{self.name}-{label}.png", full_page=True)

    def read(self):
        page = self.open()
        self.empty(page.evaluate(STATIC), "structure")
        self.picture(page, "light")
        self.keys(page)
        self.theme(page)
        self.tables(page)
        self.paper(page)
        page.context.close()
        self.phone("light")
        self.phone("dark")
        self.without_script()
        if self.path.name == "report.html":
            self.through_link(self.path)
            link = self.path.parents[2] / (self.path.parents[1].name + ".html")
            if link.exists():
                self.through_link(link)

    def theme(self, page):
        ground = lambda: page.evaluate("getComputedStyle(document.body).backgroundColor")
        self.empty(page.evaluate(CONTRAST), "light")
        before, seen = ground(), set()
        for _ in range(3):
            page.click("#theme")
            seen.add((page.evaluate("document.documentElement.dataset.theme ?? 'auto'"), ground()))
            if page.evaluate("document.documentElement.dataset.theme") == "dark":
                self.empty(page.evaluate(CONTRAST), "dark")
                self.picture(page, "dark")
        self.check(len({theme for theme, _ in seen}) == 3 and len({color for _, color in seen}) == 2 and ground() == before, f"the theme does not go round: {seen}")

    def keys(self, page):
        page.keyboard.press("Tab")
        self.check(page.evaluate("document.activeElement.className") == "skip", "the first key does not lead to the skip link")
        page.keyboard.press("Enter")
        self.check(page.evaluate("document.activeElement.id") == "main", "the skip link does not lead to the content")
        if page.locator(".tools input[type=search]").count():
            page.keyboard.press("/")
            self.check(page.evaluate("document.activeElement.type") == "search", "/ does not lead to the filter")
        page.keyboard.press("Tab")
        self.check(page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", "what has the focus does not show it")

    def tables(self, page):
        page.evaluate("for (const d of document.querySelectorAll('details:not(.chooser)')) d.open = true")
        tables = page.evaluate("""() => [...document.querySelectorAll("table.data")].map((t) => ({id: t.id, rows: t.tBodies[0].rows.length,
            columns: [...t.tHead.rows[0].cells].map((th, i) => ({i, name: th.dataset.name, numeric: th.classList.contains("num"), shown: th.checkVisibility()})).filter((c) => c.name !== undefined && c.shown)}))""")
        tables.sort(key=lambda table: -table["rows"])
        for table in tables[:2]:
            numbers = [c for c in table["columns"] if c["numeric"]]
            texts = [c for c in table["columns"] if not c["numeric"]]
            for column in numbers[:1] + numbers[-1:] + texts[:1]:
                self.sorts(page, table["id"], column)
            self.filters(page, table, numbers)

    def sorts(self, page, table, column):
        button = page.locator(f'[id="{table}"] thead th').nth(column["i"]).locator("button")
        state = lambda: page.locator(f'[id="{table}"] thead th').nth(column["i"]).get_attribute("aria-sort")
        where = f"table {table}, column {column['name']}"
        button.click()
        first = state()
        self.empty([x for x in [page.evaluate(ORDER, [table, column["i"]])] if x], where)
        button.focus()
        page.keyboard.press("Enter")
        self.empty([x for x in [page.evaluate(ORDER, [table, column["i"]])] if x], where + ", by key")
        self.check({first, state()} == {"ascending", "descending"}, f"{where}: sorted {first}, then {state()}")
        page.keyboard.press("Space")
        self.check(state() == first, f"{where}: the space bar does not sort")

    def filters(self, page, table, numbers):
        tools = page.locator(f'.tools[data-for="{table["id"]}"]')
        box = tools.locator("input[type=search]")
        if not box.count() or not table["rows"]:
            return
        count = lambda: [int(n.replace(",", "")) for n in re.findall(r"[\d,]+", tools.locator("output").inner_text())]
        shown = lambda: page.locator(f'[id="{table["id"]}"] tbody tr').count()
        everything = count()[-1]

        def query(text):
            box.fill(text)
            page.wait_for_timeout(200)
            return count()[0]

        self.check(query("no row has this") == 0 and shown() == 0, f"table {table['id']}: a filter that nothing meets leaves {shown()} rows")
        query("")
        column = next((c for c in numbers if page.evaluate("([t, c]) => new Set([...document.getElementById(t).tBodies[0].rows].map((r) => r.cells[c].dataset.v ?? r.cells[c].textContent)).size > 1", [table["id"], c["i"]])), None)
        if column:
            values = page.evaluate("([t, c]) => [...document.getElementById(t).tBodies[0].rows].map((r) => parseFloat(r.cells[c].dataset.v ?? r.cells[c].textContent))", [table["id"], column["i"]])
            values = sorted(v for v in values if v == v)
            if values and everything == len(page.locator(f'[id="{table["id"]}"] tbody tr').all()):
                middle = values[len(values) // 2]
                want = sum(v > middle for v in values)
                got = query(f"{column['name']}>{middle!r}")
                self.check(got == want == shown(), f"table {table['id']}: {column['name']}>{middle!r} leaves {got} rows in place of {want}, and shows {shown()}")
        self.check(query("") == everything, f"table {table['id']}: an empty filter does not show all")

    def paper(self, page):
        page.emulate_media(media="print")
        self.check(page.evaluate("getComputedStyle(document.querySelector('.bar')).display") == "none", "the bar is printed")
        page.emulate_media(media="screen")
        data = page.pdf(path=self.pictures / f"{self.name}.pdf", format="A4")
        pages = len(re.findall(rb"/Type\s*/Page\b", data))
        self.check(1 <= pages <= 60, f"takes {pages} sheets of paper")

    def phone(self, scheme):
        page = self.open(360, 740, scheme, has_touch=True)
        width = page.evaluate("document.documentElement.scrollWidth")
        wide = page.evaluate("""() => [...document.querySelectorAll("main *")].filter((e) => e.getBoundingClientRect().right > 361 && e.checkVisibility()
            && !e.parentElement.closest(".scroll,.frame,pre,nav,svg")).slice(0, 3).map((e) => e.outerHTML.slice(0, 120))""") if width > 360 else []
        self.check(width <= 360, f"is {width} px wide on a phone: {wide}")
        if scheme == "light":
            self.picture(page, "phone")
        page.context.close()

    def through_link(self, link):
        """out/<spec>.html is a link to the report: its links must lead to the files of the run from there too."""
        page = self.open(at=link)
        hrefs = page.evaluate("[...document.querySelectorAll('main a[href]:not([href^=\\'#\\'])')].map((a) => a.href)")
        missing = [href for href in hrefs if not pathlib.Path(unquote(urlsplit(href).path)).is_file()]
        self.check(hrefs and not missing, f"through {link} {len(missing)} of {len(hrefs)} links lead nowhere: {missing[:3]}")
        page.context.close()

    def without_script(self):
        page = self.open(java_script_enabled=False)
        self.check(page.locator("h1").inner_text().strip() != "", "says nothing without its script")
        self.check(page.locator("#theme").is_visible() is False, "shows a button that does nothing")
        page.context.close()


def runx(program, *args, may=(0,)):
    done = subprocess.run([program, *args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode not in may:
        sys.exit(f"browser: runx {' '.join(args)} ended with {done.returncode}:\n{done.stdout}")


def quote(text):
    """text as YAML's string in double quotes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def hostile(program, work):
    """A run whose spec, parameters and program attack; half of its samples fail with a message that does."""
    script = work / "hostile.sh"
    script.write_text(f"""if [ "$1" = plain ]; then echo value $$; else cat >&2 <<'END'\n{ATTACK}\nEND\nexit 1\nfi\n""", encoding="utf-8")
    spec = work / "hostile.yaml"
    attack = ATTACK.replace("{", "(").replace("}", ")")  # braces are the template's
    spec.write_text(HOSTILE % {"attack": quote(attack), "script": quote(str(script))}, encoding="utf-8")
    runx(program, "run", "-q", str(spec), "-o", str(work / "out"), may=(0, 1))
    return next((work / "out" / "hostile").glob("*/report.html"))


def newest(out, spec):
    return sorted(pathlib.Path(out, spec).glob("*/report.html"))[-1]


def main(program, out, pictures):
    began = time.monotonic()
    pictures = pathlib.Path(pictures)
    pictures.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        attacked = hostile(program, work)
        runx(program, "report", out)
        runx(program, "report", str(work / "out"))
        runx(program, "compare", str(newest(out, "week07").parent), "--by", "algorithm", "--html", str(work / "compare.html"))
        pages = {
            "report": newest(out, "week07"),
            "report-many-points": newest(out, "week11"),
            "index": pathlib.Path(out, "index.html"),
            "comparison": work / "compare.html",
            "hostile": attacked,
            "hostile-index": work / "out" / "index.html",
        }
        failed = look(pages, pictures)
    print(f"browser: {len(pages)} pages in {time.monotonic() - began:.0f} s, pictures in {pictures}")
    if failed:
        sys.exit(1)


def look(pages, pictures):
    """Reads the pages, says what is wrong, and returns whether anything is."""
    failed = False
    chromium = next((path for path in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if path), None)
    if chromium is None:
        sys.exit("browser: there is no Chromium here")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, path in pages.items():
            reader = Reader(browser, path, pictures, name)
            try:
                reader.read()
            except Error as stuck:
                reader.wrong.append(f"reading it ends with: {stuck}")
            for what in reader.wrong:
                failed = True
                print(f"browser: {name}: {what}")
            print(f"browser: {name}: {reader.checks} checks, {os.path.getsize(path) / 1024:.0f} KiB")
        browser.close()
    return failed


if __name__ == "__main__":
    main(*sys.argv[1:])
