"""The results as one HTML page that needs nothing else: a bar for each proxy, what the rounds spread over, the goals."""

import html

from report import SIGNS, compared_with, measured, short
from rows import bases, ratios, spread, verdict

WIDTH, LABEL, BAR, ROW = 860, 120, 480, 24
STYLE = """
:root { color-scheme: light dark; --text: #1c1e21; --soft: #667; --back: #fff; --other: #9aa7b5; --own: #2a6fdb; --must: #c0392b; --aim: #1e8449; }
@media (prefers-color-scheme: dark) { :root { --text: #e6e6e6; --soft: #9aa; --back: #16181c; --other: #5d6a78; --own: #5b9bff;
  --must: #ff7b6b; --aim: #58d68d; } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 900px; margin: 2em auto; padding: 0 1em; color: var(--text); background: var(--back); }
h2 { font-size: 1.05em; margin: 1.8em 0 0; } p { margin: 0.2em 0; color: var(--soft); } svg { width: 100%; height: auto; }
svg text { font: 12px system-ui, sans-serif; fill: var(--text); } .missed { color: var(--must); } .aim, .met { color: var(--aim); }
.other { fill: var(--other); } .own { fill: var(--own); } .spread { stroke: var(--text); }
.line-must { stroke: var(--must); } .line-aim { stroke: var(--aim); stroke-dasharray: 4 3; }
"""


def limits(row):
    """Where the goals stand on the scale of the figures."""
    goal = row["goal"]
    for level, of in (("must", goal["of"]), ("aim", goal["aim_of"] or goal["of"])):
        others = [spread(row["figures"][name])["median"] for name in bases(row, of)]
        if of == "own":
            yield level, goal[level]
        elif others:
            yield level, goal[level] * min(others)


def chart(row):
    figures = {name: spread(values) for name, values in row["figures"].items()}
    marks = list(limits(row)) if "lb-old" not in figures else []
    # One proxy far off must not flatten the others: what is longer than four times lb is cut.
    lead = figures["lb"]["median"] if "lb" in figures else max(each["median"] for each in figures.values())
    top = min(max(each["max"] for each in figures.values()), max([4 * lead, *(value * 1.1 for _, value in marks)])) or 1

    def x(value):
        return LABEL + BAR * max(0.0, min(value, top)) / top

    height = ROW * len(figures) + 6
    parts = [f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{html.escape(row["what"])}">']
    for number, (name, each) in enumerate(figures.items()):
        y = ROW * number + 4
        ratio = ratios(row, name, compared_with(row))
        text = short(each["median"]) + (f"  ({spread(ratio)['median']:.2f})" if ratio else "") + (" …" if each["median"] > top else "")
        parts.append(f'<text x="{LABEL - 8}" y="{y + 13}" text-anchor="end">{html.escape(name)}</text>'
                     f'<rect class="{"own" if name == "lb" else "other"}" x="{LABEL}" y="{y}" width="{x(each["median"]) - LABEL:.1f}" height="16" rx="2"/>'
                     f'<line class="spread" x1="{x(each["min"]):.1f}" x2="{x(each["max"]):.1f}" y1="{y + 8}" y2="{y + 8}"/>'
                     f'<text x="{LABEL + BAR + 12}" y="{y + 13}">{html.escape(text)}</text>')
    for level, value in marks:
        parts.append(f'<line class="line-{level}" x1="{x(value):.1f}" x2="{x(value):.1f}" y1="0" y2="{height}"><title>{level}: {short(value)}</title></line>')
    return "".join(parts) + "</svg>"


def page(run):
    parts = [f"<!DOCTYPE html><html lang=en><meta charset=utf-8><title>lb beside its peers</title><style>{STYLE}</style>"
             "<h1>lb beside its peers</h1><p>Shorter is better. Bars are medians of all rounds, thin lines the range; in brackets the "
             "ratio to the better of nginx and HAProxy in the same round. Red line: must; green dashes: aim.</p>"
             f"<p>{html.escape(run['machine'])}</p>"]
    for row in run["rows"]:
        found = verdict(row) if "lb-old" not in row["figures"] else None
        parts.append(f"<h2>{html.escape(row['what'])} <span class={found or 'none'}>{SIGNS[found]}</span></h2>"
                     f"<p>{html.escape(row['unit'])}{'; against the goal: ' + html.escape(measured(row)) if found else ''}</p>{chart(row)}")
    return "\n".join(parts) + "</html>\n"
