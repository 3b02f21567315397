"""The table of docs/RESULTS.md from the run directories that bench/quality.sh made: results.py RUNS"""
import json
import sys
from pathlib import Path


def percent(score):
    return "–" if score is None else f"{100 * score['top1']:.1f} ({100 * score['top1_low']:.1f}–{100 * score['top1_high']:.1f})"


print("| run | samples | top-1 % (95 %) | letters | words | top-5 % | macro-F1 | training min |")
print("|---|---|---|---|---|---|---|---|")
for run in sorted(Path(sys.argv[1]).iterdir()):
    if not (run / "result.json").exists():
        continue
    r = json.loads((run / "result.json").read_text())
    minutes = int((run / "seconds").read_text()) / 60
    print(f"| {run.name} | {r['samples']} | {percent(r)} | {percent(r['letters'])} | {percent(r['words'])} "
          f"| {100 * r['top5']:.1f} | {100 * r['macro_f1']:.1f} | {minutes:.1f} |")
