"""What was measured, as text."""

from measure import ratios, spread


def base_names(row):
    return [name for name in ("nginx", "haproxy") if name in row.figures]


def print_row(row, versus):
    bases = [versus] if versus else base_names(row)
    better = " and ".join(bases)
    print(f"\n{row.scenario.name}: {row.scenario.what}")
    print(f"  {'':16}{row.scenario.unit:>16}   ratio to {'the better of ' if len(bases) > 1 else ''}{better}: median (min .. max)")
    for name, figures in row.figures.items():
        line = f"  {name:16}{spread(figures)['median']:16.2f}"
        if bases:
            ratio = spread(ratios(figures, [row.figures[base] for base in bases]))
            line += f"   {ratio['median']:.3f}  ({ratio['min']:.3f} .. {ratio['max']:.3f})"
        print(line, flush=True)
