"""The table of docs/RESULTS.md from the run directories that bench/quality.sh made: results.py RUNS"""
import json
import sys
from pathlib import Path


def percent(score):
    return "–" if score is None else f"{100 * score['top1']:.1f} ({100 * score['top1_low']:.1f}–{100 * score['top1_high']:.1f})"


print("| run | samples | top-1 % (95 %) | letters | words | top-5 % | ECE % (by chance) | error % at 90 % coverage | parameters | training min | ms a sample |")
print("|---|---|---|---|---|---|---|---|---|---|---|")
for run in sorted(Path(sys.argv[1]).iterdir()):
    if not (run / "result.json").exists():
        continue
    r = json.loads((run / "result.json").read_text())
    print(f"| {run.name} | {r['samples']} | {percent(r)} | {percent(r['letters'])} | {percent(r['words'])} | {100 * r['top5']:.1f} "
          f"| {100 * r['ece']:.1f} ({100 * r['ece_by_chance']:.1f}) | {100 * r['error_at_90_coverage']:.1f} | {r['parameters']:,} "
          f"| {r['training_seconds'] / 60:.1f} | {r['milliseconds_a_sample']:.1f} |")
