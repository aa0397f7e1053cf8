"""What was measured, as text for a terminal and as the table of docs/performance.md."""

from rows import bases, ratios, spread, standing, verdict

VERSUS = "lb-old"
SIGNS = {"aim": "aim met", "must": "met", "missed": "MISSED", None: ""}


def short(value):
    """Three digits that matter."""
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def spread_text(values):
    """Median, and the range if there are several rounds."""
    if not values:
        return ""
    found = {name: f"{value:.2f}" if value < 10 else short(value) for name, value in spread(values).items()}
    return found["median"] + (f" ({found['min']} .. {found['max']})" if len(values) > 1 else "")


def bound(limit, of):
    return f"≤ {limit:g}" + {"better": "", "own": ""}.get(of, f" of {of}")


def compared_with(row):
    """What the ratios of a printed row are to."""
    return VERSUS if VERSUS in row["figures"] else "nginx" if row["goal"]["of"] == "nginx" else "better"


def extras(results):
    """What else the load saw, as medians: where there is CPU time of requests, or a rate."""
    if not all(result.get("requests") for result in results):  # or bodies so large that none ended in a round
        return ""
    middle = {key: spread([result[key] for result in results])["median"] for key in ("p50_us", "p99_us", "p999_us")}
    rate = spread([result["requests"] / result["seconds"] for result in results])["median"]
    user = spread([result["user_seconds"] / result["requests"] * 1e6 for result in results])["median"]
    return f"{rate:10,.0f}{user:9.1f}{middle['p50_us']:10,.0f}{middle['p99_us']:10,.0f}{middle['p999_us']:10,.0f}"


def print_row(row):
    of = compared_with(row)
    to = " and ".join(bases(row, of))
    print(f"\n{row['name']}: {row['what']}")
    title = f"to {'the better of ' if ' and ' in to else ''}{to}" if to else ""
    print(f"  {'':15}{row['unit']:>20}   {title:38}{'req/s':>10}{'user us':>9}{'p50 us':>10}{'p99':>10}{'p99.9':>10}")
    for name, figures in row["figures"].items():
        each = ratios(row, name, of)
        text = "{median:.3f} ({min:.3f} .. {max:.3f})".format(**spread(each)) if each else ""
        print(f"  {name:15}{short(spread(figures)['median']):>20}   {text:38}{extras(row['results'][name])}".rstrip(), flush=True)
    goal = row["goal"]
    if of != VERSUS and verdict(row):
        aim_of = goal["aim_of"] or goal["of"]
        print(f"  must be {bound(goal['must'], goal['of'])}, aim {bound(goal['aim'], aim_of)}: {SIGNS[verdict(row)]}", flush=True)


def measured(row):
    """The cell that stands against the goals."""
    goal = row["goal"]
    text = spread_text(standing(row, goal["of"]))
    if goal["aim_of"] and standing(row, goal["aim_of"]):
        text += f"; {spread_text(standing(row, goal['aim_of']))} of {goal['aim_of']}"
    return text


def markdown(runs):
    """The table of goals, a column for each run; the figures are those of the first."""
    names = ["lb", "nginx", "haproxy", "haproxy-splice", "h2o", "relay"]
    columns = ["run"] if len(runs) == 1 else [f"run {number + 1}" for number in range(len(runs))]
    head = ["scenario", "must", "aim", *columns, "verdict", "unit", *names]
    lines = [head, ["---"] * len(head)]
    for row in runs[0]["rows"]:
        goal = row["goal"]
        same = [next((other for other in run["rows"] if other["name"] == row["name"]), None) for run in runs]
        figures = [short(spread(row["figures"][name])["median"]) if name in row["figures"] else "" for name in names]
        verdicts = [verdict(other) for other in same if other]
        worst = min(verdicts, key=["missed", "must", "aim", None].index)
        lines.append([row["what"], bound(goal["must"], goal["of"]), bound(goal["aim"], goal["aim_of"] or goal["of"]),
                      *(measured(other) if other else "" for other in same), SIGNS[worst], row["unit"], *figures])
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
