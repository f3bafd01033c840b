"""Draws results.json as a chart, and as a table in the chapter about performance. With --check, it only compares."""

import json
import pathlib
import statistics
import sys

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[1]
CHART = ROOT / "docs/src/images/peers.svg"
CHAPTER = ROOT / "docs/src/internals/performance.md"
BEGIN, END = "<!-- tests/peers writes this -->\n", "<!-- end of tests/peers -->"

LOADS = {
    ("like", 8): "100 errors, 8 connections",
    ("like", 64): "100 errors, 64 connections",
    ("different", 8): "each event a new error, 8",
    ("different", 64): "each event a new error, 64",
}
FIGURES = [
    ("stored_per_second", "Events stored per second", "more is better"),
    ("cpu_micros_per_event", "CPU per event, µs", "less is better"),
    ("peak_memory_mb", "Peak memory, MB", "less is better"),
]
COLOURS = ["#c2410c", "#64748b", "#a3a3a3"]
WIDTH, LEFT, RIGHT, BAR, GAP = 760, 210, 70, 14, 10


def values(results, figure):
    """Returns the values of all runs by load and server."""
    found = {}
    for row in results["rows"]:
        load = row["workload"], row["connections"]
        found.setdefault(load, {}).setdefault(row["server"], []).append(row[figure] or 0)
    return found


def chart(results):
    servers = list(results["versions"])
    title = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    parts, y = [], 34
    for index, name in enumerate(servers):
        x = 10 + index * 130
        parts.append(f'<rect x="{x}" y="12" width="12" height="12" fill="{COLOURS[index]}"/>'
                     f'<text x="{x + 18}" y="22">{name}</text>')
    for figure, heading, direction in FIGURES:
        y += 26
        parts.append(f'<text x="10" y="{y}" class="head">{heading} <tspan class="quiet">({direction})</tspan></text>')
        y += 12
        found = values(results, figure)
        most = max(max(runs) for by_server in found.values() for runs in by_server.values())
        for load, label in LOADS.items():
            middle = y + BAR * len(servers) / 2 + 4
            parts.append(f'<text x="{LEFT - 10}" y="{middle:.0f}" text-anchor="end">{label}</text>')
            for index, server in enumerate(servers):
                value = statistics.mean(found[load][server])
                length = max(1, value / most * (WIDTH - LEFT - RIGHT))
                parts.append(f'<rect x="{LEFT}" y="{y}" width="{length:.0f}" height="{BAR - 2}" fill="{COLOURS[index]}"/>'
                             f'<text x="{LEFT + length + 6:.0f}" y="{y + BAR - 3}" class="value">{value:,.0f}</text>')
                y += BAR
            y += GAP
    style = ("text{font:12px system-ui,sans-serif;fill:#1f2937}.head{font-weight:600;font-size:13px}"
             ".quiet{fill:#6b7280;font-weight:400}.value{font-size:11px}"
             "@media(prefers-color-scheme:dark){text{fill:#e5e7eb}.quiet{fill:#9ca3af}}")
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 6}" role="img" '
            f'aria-label="Throughput, CPU and memory: {title}">\n<style>{style}</style>\n' + "\n".join(parts) + "\n</svg>\n")


def table(results):
    servers = list(results["versions"])
    lines = ["| load | server | stored/s | p50; p99 | CPU per event | peak memory |", "|---|---|---|---|---|---|"]
    both = lambda rows, key: "; ".join(f"{row[key]:,}" for row in rows)
    for load, label in LOADS.items():
        for server in servers:
            rows = [row for row in results["rows"]
                    if (row["workload"], row["connections"]) == load and row["server"] == server]
            times = "; ".join(f"{row['p50_ms']}, {row['p99_ms']} ms" for row in rows)
            lines.append(f"| {label} | {server} | {both(rows, 'stored_per_second')} | {times} | "
                         f"{both(rows, 'cpu_micros_per_event')} µs | {both(rows, 'peak_memory_mb')} MB |")
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    cores = results["machine"]["cores"]
    note = f"{results['machine']['day']}, {cores} cores shared with the load, {versions}; one value for each run:"
    return f"\n{note}\n\n" + "\n".join(lines) + "\n\n"


def main():
    results = json.loads((HERE / "results.json").read_text())
    chapter = CHAPTER.read_text()
    before, rest = chapter.split(BEGIN)
    after = rest.split(END)[1]
    wanted = {CHART: chart(results), CHAPTER: before + BEGIN + table(results) + END + after}
    for path, text in wanted.items():
        if "--check" not in sys.argv:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            sys.exit(f"{path.relative_to(ROOT)} is not what results.json says: run tests/peers/draw.py")


main()
