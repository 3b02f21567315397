"""Real recordings as a Gesto data set: kkt60_train.npz (KaiKuTek K60168, 60 GHz, 4 gestures) -> .npy maps and manifest.csv.

    /usr/bin/python3 bench/kkt60.py kkt60_train.npz OUT [--train 100] [--test 40] [--of 140] [--block N]

Of each class, in order of time, the first --train recordings are train and the last --test are test: neighbours look
alike, so a random split would flatter. To tune without a look at the test part: --of 100 --test 20 --block 40
tests on recordings 40–59 of the first 100 and trains on the others of them. Needs apt's python3-numpy.
"""
import argparse
import csv
from pathlib import Path

import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("npz", type=Path), parser.add_argument("out", type=Path)
parser.add_argument("--train", type=int, default=100), parser.add_argument("--test", type=int, default=40)
parser.add_argument("--of", type=int, default=140, help="use only the first N recordings of each class")
parser.add_argument("--block", type=int, help="test on --test recordings from here, train on all others")
o = parser.parse_args()

data = np.load(o.npz)
maps, labels, classes = data["rdi"], data["label"], [str(c) for c in data["classes"]]
rows, key, number = [], [], 0
for label, name in enumerate(classes):
    members = np.flatnonzero(labels == label)[: o.of]  # stored in order of time
    test = members[-o.test :] if o.block is None else members[o.block : o.block + o.test]
    train = members[: o.train] if o.block is None else np.setdiff1d(members, test)
    for split, part in (("train", train), ("test", test)):
        for index in part:
            number += 1
            folder = f"train/{label}_{name}" if split == "train" else "test"
            sample = f"{folder}/SAMPLE_{number}"
            file = f"{sample}/SAMPLE_{number}_RDM1.npy"
            (o.out / file).parent.mkdir(parents=True, exist_ok=True)
            np.save(o.out / file, maps[index].astype(np.float32))
            known = [label, name] if split == "train" else ["", ""]
            rows.append([sample, *known, "", "", split, "", file, "", ""])
            if split == "test":
                key.append([sample, label, name])
for path, header, lines in (
    ("manifest.csv", "sample,label,name,signer,session,split,rgb,rdm1,rdm2,rdm3", rows),
    ("key.csv", "sample,label,name", key),
):
    with open(o.out / path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split(",")), writer.writerows(lines)
print(f"{len(rows)} recordings of {len(classes)} classes in {o.out}")
