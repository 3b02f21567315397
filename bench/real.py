"""The table of real recordings from what bench/real.sh made: real.py WORK SET…  Needs apt's python3-numpy."""
import csv
import json
import re
import sys
from pathlib import Path

import numpy as np


def clips(folder):
    """Mean over each clip's real frames, all modalities beside each other, standardised by train; labels; which are train."""
    with open(folder / "manifest.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    key = {}
    if (folder / "key.csv").exists():
        with open(folder / "key.csv", newline="") as file:
            key = {row["sample"]: row["label"] for row in csv.DictReader(file)}
    train = np.array([row["split"] == "train" for row in rows])
    parts = []
    for modality in ("rgb", "radar", "landmarks"):
        if not (folder / modality).is_dir():
            continue
        lengths = json.loads((folder / modality / "lengths.json").read_text())
        means = []
        for row in rows:
            frames = np.load(folder / modality / f"{row['sample']}.npy")[: lengths[row["sample"]]].astype(float)
            if modality == "radar" and frames.min() >= 0:
                frames = np.log1p(frames)
            means.append(frames.mean(0).ravel())
        values = np.stack(means)
        deviation = values[train].std(0)
        values = (values - values[train].mean(0)) / np.where(deviation > 1e-3 * np.median(deviation), deviation, np.inf)
        parts.append(values / np.sqrt(values.shape[1]))
    return np.concatenate(parts, 1), np.array([int(row["label"] or key[row["sample"]]) for row in rows]), train


def nearest(folder):
    values, labels, train = clips(folder)
    known = values[train]
    found = [labels[train][((known - sample) ** 2).sum(1).argmin()] for sample in values[~train]]
    return (np.array(found) == labels[~train]).mean()


work, sets = Path(sys.argv[1]), sys.argv[2:]
print("| data | recogniser | seeds | test recordings | top-1 % | 95 % of one seed | ECE % | uncalibrated | by chance | training s |")
print("|---|---|---|---|---|---|---|---|---|---|")
for name in sets:
    groups = {}
    for path in sorted((work / "runs" / name).glob("*.json")):
        groups.setdefault(re.sub(r"-\d$", "", path.stem), []).append(json.loads(path.read_text()))
    if not groups:
        continue
    samples = next(iter(groups.values()))[0]["samples"]
    print(f"| {name} | nearest neighbour of mean features | – | {samples} | {100 * nearest(work / f'{name}-features'):.1f} | – | – | – | – | – |")
    for run, results in sorted(groups.items(), key=lambda g: -np.mean([r["top1"] for r in g[1]])):
        mean = {k: 100 * np.mean([r[k] for r in results]) for k in ("top1", "ece", "ece_uncalibrated", "ece_by_chance")}
        first, seconds = results[0], np.mean([r["training_seconds"] for r in results])
        print(f"| {name} | `{run}` | {len(results)} | {samples} | {mean['top1']:.1f} | {100 * first['top1_low']:.1f}–{100 * first['top1_high']:.1f} "
              f"| {mean['ece']:.1f} | {mean['ece_uncalibrated']:.1f} | {mean['ece_by_chance']:.1f} | {seconds:.0f} |")
