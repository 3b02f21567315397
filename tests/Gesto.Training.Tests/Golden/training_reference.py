"""The independent reference of the fusion model, one Adam step and the radar CNN: PyTorch with weights from a formula.

    /usr/bin/python3 training_reference.py > training-reference.json      # needs apt's python3-torch

values() is the same few lines as in FormulaTensors.cs.
"""
import json

import numpy as np
import torch
from torch import nn


def values(seed, shape):
    """Hash of (seed, index) as float32 in [-1, 1), exact in both languages."""
    with np.errstate(over="ignore"):
        x = np.arange(int(np.prod(shape)), dtype=np.uint32) * np.uint32(2654435761) + np.uint32(seed) * np.uint32(40503)
        x = (x ^ (x >> np.uint32(15))) * np.uint32(2246822519)
        x = (x ^ (x >> np.uint32(13))) * np.uint32(3266489917)
    u = ((x >> np.uint32(8)).astype(np.float32) - np.float32(8388608)) / np.float32(8388608)
    return torch.from_numpy(u.reshape(shape))


def fill(module, scale):
    with torch.no_grad():
        for seed, (_, p) in enumerate(sorted(module.named_parameters())):
            p.copy_(values(seed, tuple(p.shape)) * np.float32(scale))


class Fusion(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(20, 24, 2, batch_first=True)
        self.linear = nn.Linear(24, 5)

    def forward(self, x, lengths):
        packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        _, (h, _) = self.lstm(packed)
        return self.linear(h[-1])


class Radar(nn.Module):
    def __init__(self, coordinates):
        super().__init__()
        self.coordinates = coordinates
        self.conv1 = nn.Conv2d(3 if coordinates else 1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)

    def forward(self, frames):
        out = []
        for antenna in range(frames.shape[1]):
            x = frames[:, antenna:antenna + 1]
            if self.coordinates:
                r, d = torch.meshgrid(torch.linspace(-1, 1, x.shape[2]), torch.linspace(-1, 1, x.shape[3]), indexing="ij")
                x = torch.cat([x, r.expand_as(x), d.expand_as(x)], 1)
            x = nn.functional.max_pool2d(torch.relu(self.conv1(x)), 2)
            out.append(torch.relu(self.conv2(x)).mean((2, 3)))
        return torch.cat(out, 1)


torch.set_num_threads(1)
result = {}
fusion = Fusion()
fill(fusion, 0.5)
x, lengths, target = values(100, (4, 7, 20)), torch.tensor([7, 2, 5, 1]), torch.tensor([3, 0, 4, 1])
adam = torch.optim.Adam(fusion.parameters(), lr=1e-2)
logits = fusion(x, lengths)
result["logits"] = logits.flatten().tolist()
losses = []
for _ in range(3):
    loss = nn.functional.cross_entropy(fusion(x, lengths), target)
    losses.append(loss.item())
    adam.zero_grad()
    loss.backward()
    adam.step()
losses.append(nn.functional.cross_entropy(fusion(x, lengths), target).item())
result["losses"] = losses
frames = ((values(200, (2, 3, 10, 14)) + 1) * 127.5).floor()
for coordinates in (False, True):
    radar = Radar(coordinates)
    fill(radar, 0.3)
    result["radar_coordinates" if coordinates else "radar"] = radar((frames - 100) / 50).detach().flatten().tolist()
print(json.dumps(result, indent=1))
