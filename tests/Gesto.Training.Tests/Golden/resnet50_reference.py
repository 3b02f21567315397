"""The independent reference of ResNet50's features: torchvision's network, changed to v1 where asked for.

    /usr/bin/python3 resnet50_reference.py v1|v1.5 formula OUT.npy            # weights from the formula below
    /usr/bin/python3 resnet50_reference.py v1|v1.5 WEIGHTS.safetensors OUT.npy

Writes (2, 2048) float32: the features of the two frames of formula_frames(). Needs apt's python3-torch and
python3-torchvision. formula_values and formula_frames are the same few lines as in FormulaResNet50.cs.
"""
import json
import struct
import sys

import numpy as np
import torch
import torchvision


def formula_values(seed, count):
    """Hash of (seed, index) as float32 in [-1, 1), exact in both languages."""
    with np.errstate(over="ignore"):
        x = np.arange(count, dtype=np.uint32) * np.uint32(2654435761) + np.uint32(seed) * np.uint32(40503)
        x = (x ^ (x >> np.uint32(15))) * np.uint32(2246822519)
        x = (x ^ (x >> np.uint32(13))) * np.uint32(3266489917)
    return ((x >> np.uint32(8)).astype(np.float32) - np.float32(8388608)) / np.float32(8388608)


def formula_tensor(seed, name, shape):
    u = formula_values(seed, int(np.prod(shape))).reshape(shape)
    if len(shape) == 4:
        return u * np.float32(np.sqrt(6 / np.prod(shape[1:])))
    if name.endswith("running_var"):
        return np.float32(1) + np.float32(0.25) * u
    if name.endswith("weight"):
        return np.float32(0.5) + np.float32(0.25) * u
    return np.float32(0.25) * u


def formula_frames():
    f, y, x, c = np.indices((2, 224, 224, 3))
    return ((x * (3 + f) + y * (5 + c) + (x * y >> 4) * 7 + 31 * f + 57 * c) & 255).astype(np.uint8)


def read_safetensors(path):
    raw = open(path, "rb").read()
    size, = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8:8 + size])
    header.pop("__metadata__", None)
    return {n: np.frombuffer(raw, np.float32, int(np.prod(e["shape"])), 8 + size + e["data_offsets"][0]).reshape(e["shape"])
            for n, e in header.items()}


def network(variant):
    model = torchvision.models.resnet50()
    if variant == "v1":
        for module in list(model.modules()):
            if isinstance(module, torchvision.models.resnet.Bottleneck):
                module.conv1.stride, module.conv2.stride = module.conv2.stride, (1, 1)
            if isinstance(module, torch.nn.Conv2d):
                module.bias = torch.nn.Parameter(torch.zeros(module.out_channels))
            if isinstance(module, torch.nn.BatchNorm2d):
                module.eps = 1e-3
    model.fc = torch.nn.Identity()
    return model.eval()


def preprocess(variant, frames):
    x = torch.from_numpy(frames).permute(0, 3, 1, 2).float()
    if variant == "v1":
        return x.flip(1) - torch.tensor([103.939, 116.779, 123.68]).view(1, 3, 1, 1)
    return torchvision.transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))(x / 255)


variant, weights, out = sys.argv[1:]
torch.set_num_threads(2)
model = network(variant)
names = sorted(n for n in model.state_dict() if not n.endswith("num_batches_tracked"))
if weights == "formula":
    arrays = {n: formula_tensor(i, n, tuple(model.state_dict()[n].shape)) for i, n in enumerate(names)}
else:
    arrays = read_safetensors(weights)
model.load_state_dict({n: torch.from_numpy(np.array(arrays[n], np.float32)) for n in names}, strict=False)
with torch.no_grad():
    features = model(preprocess(variant, formula_frames())).numpy()
np.save(out, features)
print(features[:, :3], np.abs(features).max(), (features == 0).mean())
