"""What was measured, as text."""

import statistics


def ratios(figures, bases):
    """Of one proxy's figures to the best of the bases in the same round; None where that is nothing."""
    pairs = [(figure, min(base)) for figure, *base in zip(figures, *bases)]
    return [figure / base for figure, base in pairs] if all(base > 0 for _, base in pairs) else None


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def base_names(row):
    return [name for name in ("nginx", "haproxy") if name in row.figures]


def print_row(row, versus):
    bases = [versus] if versus else base_names(row)
    better = " and ".join(bases)
    print(f"\n{row.scenario.name}: {row.scenario.what}")
    print(f"  {'':16}{row.scenario.method.unit:>16}   ratio to {'the better of ' if len(bases) > 1 else ''}{better}: median (min .. max)")
    for name, figures in row.figures.items():
        line = f"  {name:16}{spread(figures)['median']:16.2f}"
        each = bases and ratios(figures, [row.figures[base] for base in bases])
        if each:
            ratio = spread(each)
            line += f"   {ratio['median']:.3f}  ({ratio['min']:.3f} .. {ratio['max']:.3f})"
        print(line, flush=True)
