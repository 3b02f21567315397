"""The table of run.sh from WORK/rounds.jsonl: medians, lowest to highest, and ratios paired by round, as Markdown.

    python3 table.py WORK
"""
import datetime, json, statistics, sys
from pathlib import Path

import numpy as np

from rounds import MANY

GFLOP_A_FRAME = 8.18  # ResNet50 at 224 x 224, a multiply-add counted as two

work = Path(sys.argv[1])
rounds = {}
for line in map(json.loads, (work / "rounds.jsonl").read_text().splitlines()):
    rounds.setdefault(line["round"], {})[line["name"]] = line
rounds = [rounds[n] for n in sorted(rounds)]
recordings = len(list((work / "data").rglob("*_RGB.mkv")))


def spread(values, digits=2):
    values = [v for v in values if v is not None]
    if not values:
        return "–"
    text = f"{statistics.median(values):.{digits}f}"
    return text if len(values) == 1 else f"{text} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def each(of):
    """One value a round, None where the round lacks it."""
    values = []
    for r in rounds:
        try:
            values.append(of(r))
        except (KeyError, TypeError, IndexError, statistics.StatisticsError):
            values.append(None)
    return values


def row(*cells):
    print("| " + " | ".join(cells) + " |")


def wall(name):
    return lambda r: r[name]["wall"]


def ratio(above, below, key="wall", times=1):
    """How many times as fast, a recording: `below` did `times` as many."""
    return spread(each(lambda r: times * r[above][key] / r[below][key]))


def cosines(ours, peer):
    all_ = []
    lengths = json.loads((work / peer / "lengths.json").read_text())
    for key, n in lengths.items():
        a, b = (np.load(p)[:n].astype(np.float64) for p in (work / ours / "rgb" / (key + ".npy"), work / peer / key / "rgb.npy"))
        all_.extend((a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1))
    return f"median {np.median(all_):.6f}, lowest {np.min(all_):.6f}, {len(all_)} frames"


cpu = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), "?")
disturbed = sum(line["others"] > 0.10 for r in rounds for line in r.values())
print(f"{datetime.date.today()}, {cpu}, {sum(l.startswith('processor') for l in Path('/proc/cpuinfo').read_text().splitlines())} cores; "
      f"{len(rounds)} rounds; {disturbed} of {sum(map(len, rounds))} measurements disturbed by others (over 10 % of the machine). Median (lowest–highest).\n")
row("extraction, whole process, videos → .npy", "samples/s", "wall s", "CPU s", "peak MB", "× faster than the peer as run", "× the tuned peer", "the same by CPU time")
row(*["---"] * 8)
for label, name in (("Gesto FP32", "extract"), ("Gesto FP32, %d recordings" % (MANY * recordings), "extract many"), ("Gesto INT8", "extract int8"),
                    ("Gesto FP32, %d recordings, radar frames stored as they are (the default)" % (MANY * recordings), "extract frames many"),
                    ("Gesto INT8, %d recordings" % (MANY * recordings), "extract int8 many"),
                    ("PyTorch as users run it", "extract peer"), ("PyTorch tuned", "extract peer tuned")):
    times = MANY if name.endswith("many") else 1
    row(label, spread(each(lambda r: recordings * times / r[name]["wall"])), spread(each(wall(name)), 1), spread(each(lambda r: r[name]["cpu"]), 1),
        spread(each(lambda r: r[name]["peak_mb"]), 0), ratio("extract peer", name, times=times), ratio("extract peer tuned", name, times=times),
        f'{ratio("extract peer", name, "cpu", times)}; {ratio("extract peer tuned", name, "cpu", times)}')
print()
row("encoder alone", "frames/s", "GFLOP/s", "of the cores' peak", "whole extraction reaches")
row(*["---"] * 5)
for label, name, whole, times in (("Gesto FP32", "encoder", "extract frames many", MANY), ("Gesto FP32, and the radar CNN of `--radar source`", "encoder", "extract many", MANY), ("Gesto INT8", "encoder int8", "extract int8 many", MANY),
                                  ("PyTorch tuned", "encoder peer tuned", "extract peer tuned", 1)):
    rate = lambda r: r[name]["said"]["frames_per_second"]
    frames = lambda r: r["extract peer tuned"]["said"]["frames_encoded"]
    row(label, spread(each(rate), 1), spread(each(lambda r: rate(r) * GFLOP_A_FRAME), 0),
        spread(each(lambda r: 100 * rate(r) * GFLOP_A_FRAME / r["flops"]["said"]), 0) + " %",
        spread(each(lambda r: 100 * times * frames(r) / r[whole]["wall"] / rate(r)), 0) + " %")
row("the cores' multiply-adds", "", spread(each(lambda r: r["flops"]["said"]), 0), "100 %", "")
print()
row("training", "seconds an epoch", "ratio")
row(*["---"] * 3)
last = lambda name, field: lambda r: statistics.median(r[name]["said"][field][1:])
whole = last("train loop", "with_checkpoint_seconds")
ours, bare, peer = last("train loop", "epoch_seconds"), last("train loop", "bare_seconds"), last("train peer", "seconds_per_epoch")
row("bare loop over resident batches", spread(each(bare)), "1")
row("`gesto train`", spread(each(ours)), spread(each(lambda r: ours(r) / bare(r)), 3))
row("`gesto train` with the two checkpoints it writes an epoch", spread(each(whole)), spread(each(lambda r: whole(r) / bare(r)), 3))
one, ranks = last("train one process", "epoch_seconds"), last("train a rank a core", "epoch_seconds")
row("one process, a thread a core", spread(each(one)), "1")
row("`mpirun`, a rank of one thread a core, the same batch", spread(each(ranks)), spread(each(lambda r: one(r) / ranks(r))) + " × the speed of one process")
row("PyTorch, OpenBLAS, a pair of .npy a sample", spread(each(peer)), spread(each(lambda r: peer(r) / whole(r))) + " × ours with checkpoints")
print()
row("prediction, one recording of four videos", "p50 s", "p95 s", "ratio")
row(*["---"] * 4)
typical = lambda field: lambda r: statistics.median(r["predict warm"]["said"][field])
warm, unprepared, alone = typical("warm_seconds"), typical("unprepared_seconds"), typical("encoder_seconds")
p95 = lambda field: lambda r: sorted(r["predict warm"]["said"][field])[int(0.95 * len(r["predict warm"]["said"][field]))]
cold = lambda r: statistics.median(r[f"predict cold {i}"]["wall"] for i in (1, 2, 3))
row("the encoder on its frames", spread(each(alone), 3), spread(each(p95("encoder_seconds")), 3), "1")
row("warm, its decoder started while the program waited (`VideoPredictor.GetReady`)", spread(each(warm), 3), spread(each(p95("warm_seconds")), 3),
    spread(each(lambda r: warm(r) / alone(r)), 3))
row("warm, one recording straight after another", spread(each(unprepared), 3), spread(each(p95("unprepared_seconds")), 3),
    spread(each(lambda r: unprepared(r) / alone(r)), 3))
row("cold, process start to answer", spread(each(cold), 3), "", spread(each(lambda r: cold(r) - warm(r))) + " s more than warm")
print(f"\nCosine of every real frame's features to the peer's: FP32 {cosines('ours', 'peer')}; INT8 {cosines('ours-int8', 'peer')}.")
