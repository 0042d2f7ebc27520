#!/usr/bin/env python3
"""Runs the benchmarks and writes docs/benchmarks.md and docs/benchmarks.svg.

    pip install matplotlib                      # Python 3.11 or later
    python3 benches/page.py                     # every bench; `algebra` once per backend
    python3 benches/page.py --only abe,peers    # these; the other figures from earlier runs
    python3 benches/page.py --no-run            # all figures from earlier runs

Times come from target/criterion/**/new/*.json and target/peers.json. The part of the page between
the marks of "Reading" is written by hand and kept.
"""

import argparse
import importlib.util
import json
import os
import platform
import re
import subprocess
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / os.environ.get("CARGO_TARGET_DIR", "target")
PEERS = TARGET / "peers.json"
PAGE, FIGURE = ROOT / "docs/benchmarks.md", ROOT / "docs/benchmarks.svg"
MANIFEST = tomllib.loads((ROOT / "Cargo.toml").read_text())
BENCHES = [bench["name"] for bench in MANIFEST["bench"]] + ["peers"]
BACKENDS = ["portable", "blst", "ifma"]
LIBRARIES = "epione blst blstrs bls12_381 ark-bls12-381 rabe rabe-bn umbral-pre recrypt".split()
FLAGS = "bmi2 adx avx2 sha_ni vaes avx512f avx512ifma avx512vbmi".split()
STYLES = [("o", "#0b4f8a"), ("s", "#555555"), ("^", "#b58900"), ("D", "#c0504d"), ("v", "#3a8f5c")]
START, END = "<!-- reading: written by hand, kept by page.py -->", "<!-- end of reading -->"


def cargo(*arguments, **options):
    return subprocess.run(["cargo", *arguments], cwd=ROOT, **options)


def measure(bench):
    if bench == "peers":
        # Exit status 1 reports a wrong result, which the table shows.
        manifest = "--manifest-path=benches/peers/Cargo.toml"
        run = cargo("run", "--locked", "--release", manifest, "--", "--json",
                    stdout=subprocess.PIPE)
        PEERS.parent.mkdir(parents=True, exist_ok=True)
        PEERS.write_text(json.dumps(json.loads(run.stdout)))
    elif bench == "algebra":
        runs = {backend: cargo("bench", "--locked", "--bench", bench,
                               env={**os.environ, "EPIONE_BACKEND": backend}).returncode
                for backend in BACKENDS}
        failed = [backend for backend in BACKENDS if runs[backend]]
        print(f"algebra: not available or failed: {', '.join(failed) or 'none'}")
        if failed == BACKENDS:
            raise SystemExit("algebra: the bench failed under every backend")
    else:
        cargo("bench", "--locked", "--bench", bench, check=True)


def criterion(since):
    """Median nanoseconds and throughput by group, function and parameter."""
    groups, newest = {}, 0
    for path in TARGET.glob("criterion/**/new/estimates.json"):
        if path.stat().st_mtime >= since and path.with_name("benchmark.json").exists():
            newest = max(newest, path.stat().st_mtime)
            name = json.loads(path.with_name("benchmark.json").read_text())
            median = json.loads(path.read_text())["median"]["point_estimate"]
            functions = groups.setdefault(name["group_id"], {})
            parameters = functions.setdefault(name["function_id"], {})
            parameters[name["value_str"] or "time"] = median, name["throughput"] or {}
    return groups, newest


def digits(value):
    return f"{value:.{2 if value < 9.995 else 1 if value < 99.95 else 0}f}"


def scaled(value, units):
    for unit in units:
        if value < 999.5 or unit == units[-1]:
            return f"{digits(value)} {unit}"
        value /= 1000


def duration(nanoseconds):
    return scaled(nanoseconds, ["ns", "µs", "ms", "s"])


def with_rate(nanoseconds, throughput):
    for kind, count in throughput.items():
        if kind == "Bytes" or count > 1:
            unit = "B" if kind == "Bytes" else ""
            rate = scaled(count * 1e9 / nanoseconds, ["", "k", "M", "G"])
            return f"{duration(nanoseconds)} ({rate}{unit}/s)"
    return duration(nanoseconds)


def natural(name):
    """A sort key that puts `product-2` before `product-16`."""
    return [(part.isdigit(), int(part) if part.isdigit() else part)
            for part in re.split(r"(\d+)", name) if part]


def table(heading, columns, rows):
    lines = [[heading, *columns], ["---"] + ["---:"] * len(columns)]
    lines += [[name, *(cells.get(column, "") for column in columns)] for name, cells in rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def columns_of(rows):
    return list(dict.fromkeys(column for _, cells in rows for column in cells))


def module(functions):
    rows = [(function, {column: with_rate(*cell) for column, cell in functions[function].items()})
            for function in sorted(functions, key=natural)]
    parameters = sorted(columns_of(rows), key=lambda name: (name != "time", natural(name)))
    return table("operation", parameters, rows)


def peer_cell(row, i):
    value, first = row["cells"][i]["value"], row["cells"][0]["value"]
    if value is None:
        return "WRONG RESULT"
    text = f"{value:.0f} B" if row["unit"] == "bytes" else duration(value)
    if i == 0 or first is None:
        return text
    ratio = value / first
    return f"{text} ({ratio:.{2 if ratio < 0.995 else 1 if ratio < 9.95 else 0}f})"


def peers(report):
    text = (f"\n## Other libraries\n\n{report['method']}.\n"
            "Scope and limits: `benches/peers/README.md`.\n")
    for topic in dict.fromkeys(row["topic"] for row in report["rows"]):
        rows = [(row["operation"], {cell["library"]: peer_cell(row, i)
                                    for i, cell in enumerate(row["cells"])})
                for row in report["rows"] if row["topic"] == topic]
        text += "\n" + table(topic, columns_of(rows), rows)
    return text


def day(seconds):
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))


def head(newest):
    dates = {"modules": newest} if newest else {}
    if PEERS.exists():
        dates["other libraries"] = PEERS.stat().st_mtime
    cpuinfo = Path("/proc/cpuinfo")
    cpu = dict(re.findall(r"(.+?)\s*: (.*)", cpuinfo.read_text())) if cpuinfo.exists() else {}
    name = cpu.get("model name", platform.processor())
    model = f"(family {cpu.get('cpu family')}, model {cpu.get('model')})" if cpu else ""
    release = Path("/etc/os-release")
    system = re.search('PRETTY_NAME="(.*)"', release.read_text())[1] if release.exists() else ""
    compiler = subprocess.check_output(["rustc", "--version"], text=True)
    lock = tomllib.loads((ROOT / "benches/peers/Cargo.lock").read_text())
    locked = {package["name"]: package["version"] for package in lock["package"]}
    rows = {
        "measured": ", ".join(f"{what} {day(seconds)}" for what, seconds in dates.items()),
        "processor": f"{name} {model}, {os.cpu_count()} cores",
        "flags": " ".join(flag for flag in FLAGS if flag in cpu.get("flags", "").split()),
        "system": f"{system}, {platform.system()} {platform.release()}",
        "compiler": f"{compiler.strip()} {os.environ.get('RUSTFLAGS', '')}".strip(),
        "versions": ", ".join(f"{library} {locked[library]}" for library in LIBRARIES),
    }
    return ("# Benchmarks\n\nGenerated by `just benchmarks` (`benches/page.py`, which needs "
            "`pip install matplotlib`),\nexcept for the part \"Reading\".\n\n"
            "| | |\n| --- | --- |\n" + "".join(f"| {key} | {rows[key]} |\n" for key in rows))


def reading():
    old = PAGE.read_text() if PAGE.exists() else ""
    kept = re.search(r"<!-- reading.*?-->(.*)" + END, old, re.S)
    return f"\n## Reading\n\n{START}{kept[1] if kept else ''}{END}\n"


def draw(groups, report):
    """Operations of BLS12-381 by library, and CP-ABE over the number of attributes."""
    import matplotlib
    matplotlib.use("svg")
    matplotlib.rcParams.update({
        "svg.fonttype": "none", "svg.hashsalt": "epione", "font.size": 9, "axes.grid": True,
        "grid.color": "#e4e4e4", "axes.axisbelow": True, "axes.spines.top": False,
        "axes.spines.right": False, "legend.frameon": False})
    import matplotlib.pyplot as plt

    rows = [row for row in report["rows"] if row["topic"] == "BLS12-381"]
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(10.5, 1.4 + 0.23 * max(len(rows), 12)), width_ratios=[1.25, 1],
        layout="constrained")
    libraries = dict.fromkeys(cell["library"] for row in rows for cell in row["cells"])
    for library, (marker, colour) in zip(libraries, STYLES):
        points = [(cell["value"] / 1e3, row["operation"]) for row in reversed(rows)
                  for cell in row["cells"] if cell["library"] == library and cell["value"]]
        left.plot(*zip(*points), marker, color=colour, fillstyle="none", label=library)
    left.set(xscale="log", xlabel="CPU time (µs)", title="BLS12-381, one thread")
    left.margins(y=0.02)
    left.xaxis.set_major_formatter("{x:,g}")
    if rows:
        figure.legend(loc="outside lower left", ncols=len(libraries))

    schemes = {"fabeo": "-", "waters": "--"}
    operations = {"keygen": "#4d4d4d", "encapsulate-and": "#3f87c7", "decapsulate-and": "#c0504d"}
    for scheme, line in schemes.items():
        for operation, colour in operations.items():
            cells = groups.get("abe", {}).get(f"{scheme}-{operation}", {})
            points = sorted((int(n), nanoseconds / 1e6) for n, (nanoseconds, _) in cells.items())
            if points:
                right.plot(*zip(*points), line, color=colour, marker=".",
                           label=f"{scheme} {operation.removesuffix('-and')}")
    right.set(xscale="log", yscale="log", xlabel="attributes in an AND policy", ylabel="time (ms)",
              title="CCA-secure CP-ABE")
    for axis in (right.xaxis, right.yaxis):
        axis.set_major_formatter("{x:g}")
    if right.lines:
        right.legend()
    figure.savefig(FIGURE, metadata={"Date": None})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--no-run", action="store_true", help="use the figures of earlier runs")
    parser.add_argument("--only", default=",".join(BENCHES), help="comma-separated benches to run")
    arguments = parser.parse_args()
    chosen = arguments.only.split(",")
    if unknown := set(chosen) - set(BENCHES):
        parser.error(f"unknown bench: {', '.join(unknown)}; known: {', '.join(BENCHES)}")
    if not importlib.util.find_spec("matplotlib"):
        parser.error("the figure needs matplotlib: pip install matplotlib")
    started = time.time()
    if not arguments.no_run:
        for bench in chosen:
            measure(bench)

    # After a run of all benches, older files belong to benches that no longer exist.
    complete = not arguments.no_run and chosen == BENCHES
    groups, newest = criterion(started if complete else 0)
    report = json.loads(PEERS.read_text()) if PEERS.exists() else {"rows": []}
    page = head(newest) + reading()
    page += "\n![Time by library and by number of attributes](benchmarks.svg)\n"
    page += peers(report) if report["rows"] else ""
    page += ("\n## Modules\n\nMedians of wall time, by parameter where there is one, with "
             "throughput in parentheses.\nThe parameters of `algebra` are backends.\n")
    for group in sorted(groups):
        page += f"\n### {group}\n\n{module(groups[group])}"
    draw(groups, report)
    PAGE.write_text(page)
    print(f"wrote {PAGE} and {FIGURE}")


if __name__ == "__main__":
    main()
