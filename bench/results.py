"""The tables of docs/results/simulated.md from the run directories that bench/quality.sh made.

    results.py RUNS                print them
    results.py RUNS --out FILE     write them into FILE, in the place of what stands between the marks below if it has them
"""
import argparse
import contextlib
import io
import json
from pathlib import Path

BEGIN, END = "<!-- tables: bench/results.py -->", "<!-- end of tables -->"


def percent(score):
    return "–" if score is None else f"{100 * score['top1']:.1f} ({100 * score['top1_low']:.1f}–{100 * score['top1_high']:.1f})"


def points(pair):
    signed = "{:+.1f} ({:.1f} to {:.1f})".format(*(100 * pair[key] for key in ("difference", "difference_low", "difference_high")))
    return signed.replace("-", "−")


def short(score):
    return f"{100 * score['top1']:.1f}"


def scores(results):
    apart = ["letters", "words"] if any(r["letters"] for r in results.values()) else []  # data with one kind only is not split
    columns = ["run", "samples", "top-1 % (95 %)", *apart, "top-5 %", "ECE % (before; by chance)", "error % of the surest 90 %", "of all", "parameters", "training min", "ms a sample"]
    print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    for name, r in results.items():
        told = ", transductive" if r["pseudo_labelled"] else ""
        groups = "".join(f" {percent(r[group])} |" for group in apart)
        print(f"| `{name}`{told} | {r['samples']} | {percent(r)} |{groups} {100 * r['top5']:.1f} "
              f"| {100 * r['ece']:.1f} ({100 * r['ece_uncalibrated']:.1f}; {100 * r['ece_by_chance']:.1f}) | {100 * r['error_at_90_coverage']:.1f} "
              f"| {100 * (1 - r['top1']):.1f} | {r['parameters']:,} | {r['training_seconds'] / 60:.1f} | {r['milliseconds_a_sample']:.1f} |")


def missing(results):
    if not any(r["masks"] for r in results.values()):
        return
    print("\n| run | everything | RGB missing | radar missing | antenna 1, 2, 3 missing | 1 and 2, 1 and 3, 2 and 3 missing |\n|---|---|---|---|---|---|")
    for name, r in results.items():
        masks = {mask["group"]: mask for mask in r["masks"]}
        if not masks:
            continue
        whole = "RGB and radar" if any("RGB" in group for group in masks) else "radar"  # hidden antennas of all that the run takes
        one, two = ([short(masks[group]) for group in sorted(masks) if group.startswith(f"{whole} without {antennas} ")] for antennas in ("antenna", "antennas"))
        alone = [percent(masks.get(modality)) for modality in ("radar", "RGB")]
        print(f"| `{name}` | {percent(r)} | {' | '.join(alone)} | {', '.join(one) or '–'} | {', '.join(two) or '–'} |")


def pairs(runs):
    print("\n| runs, simulated | points | letters | words | McNemar p |\n|---|---|---|---|---|")
    for path in sorted(runs.glob("*-against-*.json")):
        pair, = json.loads(path.read_text())["pairs"]
        groups = [points(pair[group]) if pair[group] else "–" for group in ("letters", "words")]
        print(f"| `{pair['a']}` − `{pair['b']}` | {points(pair)} | {' | '.join(groups)} | {pair['mcnemar_p']:.2g} |")


parser = argparse.ArgumentParser()
parser.add_argument("runs", type=Path), parser.add_argument("--out", type=Path, help="a page of docs/results")
o = parser.parse_args()
results = {str(path.parent.relative_to(o.runs)): json.loads(path.read_text()) for path in o.runs.rglob("result.json")}
results = dict(sorted(results.items(), key=lambda item: (-item[1]["top1"], item[0])))
tables = io.StringIO()
with contextlib.redirect_stdout(tables):
    for title, simulated in (("Simulated motion, not LIS", True), ("Recorded", False)):
        group = {name: r for name, r in results.items() if r["simulated"] == simulated}
        if group:
            print(f"**{title}**\n")
            scores(group)
            missing(group)
            if simulated:  # quality.sh compares these alone
                pairs(o.runs)
            print()
if not o.out:
    print(tables.getvalue(), end="")
else:
    page = o.out.read_text() if o.out.exists() else f"{BEGIN}{END}\n"
    if BEGIN not in page or END not in page:
        parser.error(f"{o.out}: no '{BEGIN}' and '{END}' in it. Put both where the tables belong, or name a new file.")
    before, rest = page.split(BEGIN, 1)
    o.out.write_text(f"{before}{BEGIN}\n\n{tables.getvalue()}{END}{rest.split(END, 1)[1]}")
