"""ResNet50 up to its global average pool in torchvision, with the weights that Gesto keeps in its cache, so that both
sides compute with the same numbers. v1 is Keras' variant: stride in the first 1x1, convolution biases, epsilon 1e-3, BGR."""
import json, struct

import numpy as np
import torch
from torch import nn
from torchvision.models import resnet50
from torchvision.models.resnet import Bottleneck


def read_safetensors(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        body = file.read()
    variant = header.pop("__metadata__", {}).get("variant")
    return variant, {name: torch.from_numpy(np.frombuffer(body[slice(*t["data_offsets"])], np.float32).reshape(t["shape"]).copy())
                     for name, t in header.items()}


def load(path):
    """(network in eval mode: (N, 3, 224, 224) -> (N, 2048), function (H, W, 3) uint8 RGB -> (3, H, W) float32)"""
    variant, tensors = read_safetensors(path)
    v1 = "conv1.bias" in tensors if variant is None else variant == "v1"
    network = resnet50()
    network.fc = nn.Identity()
    if v1:
        for module in list(network.modules()):
            if isinstance(module, Bottleneck) and module.stride != 1:
                module.conv1.stride, module.conv2.stride = module.conv2.stride, module.conv1.stride
            if isinstance(module, nn.BatchNorm2d):
                module.eps = 1e-3
        for name, module in network.named_modules():
            if isinstance(module, nn.Conv2d):
                module.bias = nn.Parameter(torch.zeros(module.out_channels))
    network.load_state_dict({k: v for k, v in tensors.items() if not k.startswith("fc.")} |
                            {k: v for k, v in network.state_dict().items() if k.endswith("num_batches_tracked")})
    mean = np.array([103.939, 116.779, 123.68] if v1 else [0.485, 0.456, 0.406], np.float32)
    deviation = np.array([1, 1, 1] if v1 else [0.229, 0.224, 0.225], np.float32)

    def preprocess(rgb):
        values = rgb[..., ::-1].astype(np.float32) if v1 else rgb.astype(np.float32) / 255
        return torch.from_numpy(np.ascontiguousarray(((values - mean) / deviation).transpose(2, 0, 1)))

    return network.eval(), preprocess
