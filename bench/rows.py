"""What a row of the results says: ratios round by round, and how they stand to the goal. A row is what JSON holds:

    {"name", "what", "unit", "goal": {"must", "aim", "of", "aim_of"}, "figures": {proxy: [a figure each round]}, "results"}"""

import statistics

BETTER_OF = ("nginx", "haproxy")


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def bases(row, of):
    """The proxies that a figure is held against; none for "own"."""
    names = {"better": BETTER_OF, "own": ()}.get(of, (of,))
    return [name for name in names if name in row["figures"]]


def ratios(row, name, of):
    """Of a proxy's figure to the best of the others in the same round; None where there is nothing to compare with."""
    others = [row["figures"][base] for base in bases(row, of)]
    if not others:
        return None
    pairs = [(figure, min(base)) for figure, *base in zip(row["figures"][name], *others)]
    return [figure / base for figure, base in pairs] if all(base > 0 for _, base in pairs) else None


def standing(row, of):
    """What is held against a goal, of each round; None if it was not measured."""
    if "lb" not in row["figures"]:
        return None
    return row["figures"]["lb"] if of == "own" else ratios(row, "lb", of)


def verdict(row):
    """Whether the medians keep the goal: "aim", "must" or "missed"; None if that was not measured."""
    goal = row["goal"]
    reached = None
    for level, of in (("must", goal["of"]), ("aim", goal["aim_of"] or goal["of"])):
        values = standing(row, of)
        if values is None:
            return reached
        if statistics.median(values) > goal[level]:
            return reached or "missed"
        reached = level
    return reached
