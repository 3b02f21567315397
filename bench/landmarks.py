"""Real landmarks as Gesto data sets: lis_letters.npz, traduttore33.npz, mp_data_excerpt/ -> .npy files and manifest.csv.

    /usr/bin/python3 bench/landmarks.py REAL SET OUT [--validate]     SET: lis_letters, traduttore33 or mp_data

Split by time: of each sign, the takes in their order, the first are train and the last are test. --validate leaves the test takes out and
splits the train takes likewise: for choices. Needs apt's python3-numpy.
"""
import argparse
import csv
import shutil
from pathlib import Path

import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("real", type=Path), parser.add_argument("set", choices=("lis_letters", "traduttore33", "mp_data")), parser.add_argument("out", type=Path)
parser.add_argument("--validate", action="store_true")
o = parser.parse_args()

# Takes of a sign: train, then test.
TAKES = {"lis_letters": (60, 40), "traduttore33": (20, 10), "mp_data": (5, 3)}
train, test = TAKES[o.set]
if o.validate:
    train, test = round(train * train / (train + test)), train - round(train * train / (train + test))


def takes():
    """Sign, landmarks of a take or their folder; each sign's takes in order of time."""
    if o.set == "mp_data":
        for sign in sorted((o.real / "mp_data_excerpt" / "MP_Data").iterdir()):
            for take in sorted(sign.iterdir(), key=lambda p: int(p.name)):
                yield sign.name, take
        return
    data = np.load(o.real / f"{o.set}.npz")
    if o.set == "traduttore33":
        yield from zip(map(str, data["sign"]), data["landmarks"])
        return
    for letter, hand in zip(data["letter"], data["hand"]):
        frame = np.zeros((1, 126), np.float32)
        frame[0, 63:] = hand.ravel()  # right
        yield str(letter), frame


o.out.mkdir(parents=True, exist_ok=True)
rows, seen, ids = [], {}, {}
for sign, landmarks in takes():
    ids.setdefault(sign, len(ids) + 1)
    number = seen[sign] = seen.get(sign, -1) + 1
    if number >= train + test:
        continue
    name = f"{ids[sign]}/{number}"
    (o.out / name).parent.mkdir(exist_ok=True)
    if isinstance(landmarks, Path):
        shutil.copytree(landmarks, o.out / name, dirs_exist_ok=True)
        file = name
    else:
        file = f"{name}.npy"
        np.save(o.out / file, landmarks)
    rows.append((name, ids[sign], sign, "train" if number < train else "test", file))
with open(o.out / "manifest.csv", "w", newline="") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(("sample", "label", "name", "split", "landmarks"))
    writer.writerows(rows)
