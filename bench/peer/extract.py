"""The peer for extraction: the source project's pipeline in PyTorch, videos -> .npy, timed.

    python3 extract.py DATASET OUT --weights resnet50.safetensors [--tuned] [--threads 2] [--device cuda] [--encoder-only SECONDS]

As users run it: every frame decoded with OpenCV, PIL's bilinear resize, 30 frames a call with the zero padding encoded too, the
three radar videos at 224 x 224 through a seeded random CNN. --tuned: channels-last, batch norm folded, 5 frames a call, padding
not encoded. Prints one JSON line; "seconds" begins after imports and loading. Needs python3-torch, -torchvision, -opencv, -pil.
"""
import argparse, json, time
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

import resnet50

FRAMES = 30


def frames_of(path, convert):
    capture = cv2.VideoCapture(str(path))
    total = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    wanted = set(np.linspace(0, total - 1, FRAMES, dtype=int)) if total >= FRAMES else set(range(total))
    frames, index = [], 0
    while len(frames) < len(wanted):
        ok, frame = capture.read()
        if not ok:
            break
        if index in wanted:
            frames.append(cv2.cvtColor(frame, convert))
        index += 1
    capture.release()
    return frames


def fold(network):
    """Batch norms into the convolutions before them."""
    for module in list(network.modules()):
        for number in ("1", "2", "3"):
            if hasattr(module, "conv" + number):
                setattr(module, "conv" + number, fuse_conv_bn_eval(getattr(module, "conv" + number), getattr(module, "bn" + number)))
                setattr(module, "bn" + number, nn.Identity())
        if getattr(module, "downsample", None) is not None:
            module.downsample = fuse_conv_bn_eval(*module.downsample)
    return network


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("dataset", type=Path), parser.add_argument("out", type=Path)
    parser.add_argument("--weights", required=True), parser.add_argument("--tuned", action="store_true")
    parser.add_argument("--threads", type=int, default=2), parser.add_argument("--encoder-only", type=float)
    parser.add_argument("--device", default="cpu")
    o = parser.parse_args()
    torch.set_num_threads(o.threads), torch.manual_seed(0)
    layout, call = (torch.channels_last, 5) if o.tuned else (torch.contiguous_format, FRAMES)
    network, preprocess = resnet50.load(o.weights)
    network = (fold(network) if o.tuned else network).to(o.device, memory_format=layout)
    radar = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3, padding=1),
                          nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()).eval().to(o.device)
    name = f"pytorch {torch.__version__} on {o.device}" + (", tuned" if o.tuned else "")
    if o.encoder_only:
        pixels = torch.rand(call, 3, 224, 224).mul(255).to(o.device).contiguous(memory_format=layout)
        with torch.no_grad():
            network(pixels)
            begin, calls = time.perf_counter(), 0
            while time.perf_counter() - begin < o.encoder_only:
                network(pixels)
                calls += 1
        print(json.dumps(dict(peer=name, frames_per_second=round(call * calls / (time.perf_counter() - begin), 2))))
        return
    samples = sorted(p.parent for p in o.dataset.rglob("*_RGB.mkv"))
    lengths, encoded = {}, 0
    begin = time.perf_counter()
    for sample in samples:
        rgb = frames_of(next(sample.glob("*_RGB.mkv")), cv2.COLOR_BGR2RGB)
        length = len(rgb)
        if not o.tuned:
            rgb += [np.zeros_like(rgb[0])] * (FRAMES - length)
        pixels = torch.stack([preprocess(np.asarray(Image.fromarray(f).resize((224, 224), Image.BILINEAR))) for f in rgb])
        antennas = [np.stack(frames_of(next(sample.glob(f"*_RDM{a}.mp4")), cv2.COLOR_BGR2GRAY)) for a in (1, 2, 3)]
        with torch.no_grad():
            pixels = pixels.to(o.device).contiguous(memory_format=layout)
            feature = torch.cat([network(part) for part in pixels.split(call)])
            feature = nn.functional.pad(feature, (0, 0, 0, FRAMES - len(feature)))
            encoded += len(pixels)
            maps = []
            for grey in antennas:
                x = nn.functional.interpolate(torch.from_numpy(grey)[:, None].to(o.device).float() / 255, size=(224, 224))
                maps.append(radar(nn.functional.pad(x, (0, 0, 0, 0, 0, 0, 0, FRAMES - len(x)))))
        target = o.out / sample.relative_to(o.dataset)
        target.mkdir(parents=True, exist_ok=True)
        np.save(target / "rgb.npy", feature.cpu().numpy()), np.save(target / "radar.npy", torch.cat(maps, 1).cpu().numpy())
        lengths[str(sample.relative_to(o.dataset))] = length
    (o.out / "lengths.json").write_text(json.dumps(lengths))
    seconds = time.perf_counter() - begin
    print(json.dumps(dict(peer=name, samples=len(samples), frames_encoded=encoded, seconds=round(seconds, 2))))


main()
