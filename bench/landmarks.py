"""Real landmarks as Gesto data sets: lis_letters.npz, traduttore33.npz, mp_data_excerpt/ -> .npy files and manifest.csv.

    /usr/bin/python3 bench/landmarks.py REAL SET OUT [--validate]     SET: lis_letters, traduttore33, mp_data or two_people

Split by time: of each sign, the takes in their order, the first are train and the last are test. --validate leaves the test takes out and
splits the train takes likewise: for choices. two_people: train takes alone of the letters that lis_letters and traduttore33 have by the same
name, hands alone, each set's person a signer; for kfold. Needs apt's python3-numpy.
"""
import argparse
import csv
import shutil
from pathlib import Path

import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("real", type=Path), parser.add_argument("set", choices=("lis_letters", "traduttore33", "mp_data", "two_people")), parser.add_argument("out", type=Path)
parser.add_argument("--validate", action="store_true")
o = parser.parse_args()

# Takes of a sign: train, then test.
TAKES = {"lis_letters": (60, 40), "traduttore33": (20, 10), "mp_data": (5, 3), "two_people": (20, 0)}
train, test = TAKES[o.set]
if o.validate:
    train, test = round(train * train / (train + test)), train - round(train * train / (train + test))


def two_people():
    """Letter, the hand that makes it (T, 126), and whose it is."""
    stills, clips = np.load(o.real / "lis_letters.npz"), np.load(o.real / "traduttore33.npz")
    both = set(map(str, stills["letter"])) & set(map(str, clips["sign"]))
    seen = {}
    for letter, hand in zip(map(str, stills["letter"]), stills["hand"]):
        number = seen[letter] = seen.get(letter, -1) + 1
        if letter in both and number < 60 and number % 3 == 0:
            yield letter, np.concatenate([np.zeros(63), hand.ravel()])[None].astype(np.float32), "lis_letters"
    for letter, clip in zip(map(str, clips["sign"]), clips["landmarks"].astype(np.float32)):
        if letter in both:
            hands = np.split(clip[:, 132:].copy(), 2, axis=1)  # left, right
            left, right = (np.any(h, axis=1).sum() for h in hands)
            hands[0 if right >= left else 1][:] = 0  # the hand that is seen less
            yield letter, np.concatenate(hands, axis=1), "traduttore33"


def takes():
    """Sign, landmarks of a take or their folder, and who signs where that is known; each sign's takes in order of time."""
    if o.set == "mp_data":
        for sign in sorted((o.real / "mp_data_excerpt" / "MP_Data").iterdir()):
            for take in sorted(sign.iterdir(), key=lambda p: int(p.name)):
                yield sign.name, take, ""
        return
    if o.set == "two_people":
        yield from two_people()
        return
    data = np.load(o.real / f"{o.set}.npz")
    if o.set == "traduttore33":
        yield from ((str(sign), clip, "") for sign, clip in zip(data["sign"], data["landmarks"]))
        return
    for letter, hand in zip(data["letter"], data["hand"]):
        frame = np.zeros((1, 126), np.float32)
        frame[0, 63:] = hand.ravel()  # right
        yield str(letter), frame, ""


o.out.mkdir(parents=True, exist_ok=True)
rows, seen, ids = [], {}, {}
for sign, landmarks, signer in takes():
    ids.setdefault(sign, len(ids) + 1)
    number = seen[signer, sign] = seen.get((signer, sign), -1) + 1
    if number >= train + test:
        continue
    name = "/".join(filter(None, (signer, str(ids[sign]), str(number))))
    (o.out / name).parent.mkdir(parents=True, exist_ok=True)
    if isinstance(landmarks, Path):
        shutil.copytree(landmarks, o.out / name, dirs_exist_ok=True)
        file = name
    else:
        file = f"{name}.npy"
        np.save(o.out / file, landmarks)
    rows.append((name, ids[sign], sign, signer, "train" if number < train else "test", file))
with open(o.out / "manifest.csv", "w", newline="") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(("sample", "label", "name", "signer", "split", "landmarks"))
    writer.writerows(rows)
