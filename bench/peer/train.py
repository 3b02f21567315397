"""The peer for training: the packed 2-layer LSTM on .npy features in PyTorch, timed.

    python3 train.py FEATURES [--epochs 3] [--in-memory] [--threads 2] [--device cuda]

FEATURES as Gesto lays them out: rgb/**.npy (30, 2048), radar/**.npy (30, 96), rgb/lengths.json; the label is the number before
the first underscore. As the source project does: one np.load pair a sample and step; --in-memory: everything in one tensor first.
Prints one JSON line. Needs python3-torch and libopenblas0-pthread: with the reference BLAS the figures mean nothing.
"""
import argparse, json, re, time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence


class Recogniser(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.lstm = nn.LSTM(2144, 512, 2, batch_first=True, dropout=0.3)
        self.head = nn.Sequential(nn.Dropout(0.3), nn.Linear(512, classes))

    def forward(self, x, lengths):
        _, (hidden, _) = self.lstm(pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False))
        return self.head(hidden[-1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("features", type=Path), parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2), parser.add_argument("--in-memory", action="store_true")
    parser.add_argument("--device", default="cpu")
    o = parser.parse_args()
    torch.set_num_threads(o.threads), torch.manual_seed(0)
    names = json.loads((o.features / "rgb/lengths.json").read_text())
    keys = [key for key in names if re.search(r"\d+_", key)]  # test samples may have no label
    lengths = torch.tensor([names[key] for key in keys])
    labels = torch.tensor([int(re.search(r"(\d+)_", key).group(1)) for key in keys])
    load = lambda i: torch.from_numpy(np.concatenate([np.load(o.features / kind / (keys[i] + ".npy")) for kind in ("rgb", "radar")], 1))
    data = torch.stack([load(i) for i in range(len(keys))]) if o.in_memory else None
    model = Recogniser(int(labels.max()) + 1).to(o.device)
    adam, loss_of, seconds = torch.optim.Adam(model.parameters(), 1e-4), nn.CrossEntropyLoss(), []
    for _ in range(o.epochs):
        begin = time.perf_counter()
        for batch in torch.randperm(len(keys)).split(64):
            x = data[batch] if o.in_memory else torch.stack([load(i) for i in batch])
            adam.zero_grad()
            loss = loss_of(model(x.to(o.device), lengths[batch]), labels[batch].to(o.device))
            loss.backward(), adam.step(), loss.item()
        seconds.append(time.perf_counter() - begin)
    print(json.dumps(dict(peer=f"pytorch {torch.__version__} on {o.device}", samples=len(keys), seconds_per_epoch=[round(s, 2) for s in seconds])))


main()
