"""Real recordings as a Gesto data set: kkt60_train.npz (KaiKuTek K60168, 60 GHz, 4 gestures) -> .npy maps and manifest.csv.

    /usr/bin/python3 bench/kkt60.py kkt60_train.npz OUT --forward 1     (1 to 4)
    /usr/bin/python3 bench/kkt60.py kkt60_train.npz OUT [--train 100] [--test 40] [--of 140] [--block N]

--forward learns from earlier sittings and tests on all later ones, as whoever uses a recogniser does. A sitting is what was recorded without
a pause of 40 seconds, by the time in the files' names: gestures have 2, 3 and 6 of them, so the splits cut after another one each; background
has one, which is cut in two. Else: of each class, in the order of the files, the first --train recordings are train and the last --test
are test; that order is not one of time (three sittings of Stone alternate in it), and flatters. --of 100 --test 20 --block 40 tests on
recordings 40-59 of the first 100 and trains on the others of them. Needs apt's python3-numpy.
"""
import argparse
import csv
import datetime
from pathlib import Path

import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("npz", type=Path), parser.add_argument("out", type=Path)
parser.add_argument("--train", type=int, default=100), parser.add_argument("--test", type=int, default=40)
parser.add_argument("--of", type=int, default=140, help="use only the first N recordings of each class")
parser.add_argument("--block", type=int, help="test on --test recordings from here, train on all others")
parser.add_argument("--forward", type=int, choices=range(1, 5), help="which of the splits by sittings")
o = parser.parse_args()

data = np.load(o.npz)
maps, labels, classes = data["rdi"], data["label"], [str(c) for c in data["classes"]]
rows, key, number = [], [], 0
PAUSE_SECONDS, SPLITS = 40, 4


def time_of(index):
    return datetime.datetime.strptime("_".join(str(data["files"][index]).removesuffix(".h5").split("_")[2:]), "%Y_%m_%d_%H_%M_%S")


def forward(members):
    """Earlier sittings and later ones."""
    members = sorted(members, key=time_of)
    begins = [i for i in range(1, len(members)) if (time_of(members[i]) - time_of(members[i - 1])).total_seconds() > PAUSE_SECONDS]
    cut = begins[(o.forward - 1) * len(begins) // SPLITS] if begins else len(members) * (4 + o.forward) // 10
    return members[:cut], members[cut:]


for label, name in enumerate(classes):
    members = np.flatnonzero(labels == label)[: o.of]
    test = members[-o.test :] if o.block is None else members[o.block : o.block + o.test]
    train = members[: o.train] if o.block is None else np.setdiff1d(members, test)
    if o.forward:
        train, test = forward(members)
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
