# SPDX-License-Identifier: Apache-2.0
"""For pytorch_agreement.py: networks whose modules are named as those of three repositories (name_map.hpp), and
networks of tokens."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class Masked:
    """Weights under coats; layers made while `dense` is set take their weights as they are."""

    pruned, key, rule, dense = [0.5], "scores", "count", False

    def setup(self):
        self.dense = Masked.dense
        if self.dense:
            return
        setattr(self, Masked.key, nn.Parameter(torch.randn_like(self.weight)))
        if Masked.key == "score":
            self.scale = nn.Parameter(torch.tensor([0.0]))
        sigma = (2.0 / self.weight[0].numel()) ** 0.5
        self.weight.data = self.weight.data.sign() * (1.0 if Masked.key == "score" else sigma)
        if Masked.key == "score":
            self.scale.data = torch.tensor([sigma])

    def effective(self):
        if self.dense:
            return self.weight
        magnitude = getattr(self, Masked.key).abs()
        ordered = magnitude.flatten().sort().values
        level = torch.zeros_like(magnitude)
        for q in Masked.pruned:
            if Masked.rule == "count":
                level += (magnitude >= ordered[int(q * magnitude.numel())]).float()
            else:
                level += (magnitude >= ordered[1 + int(q * (magnitude.numel() - 1))]).float()
        return self.weight * level * (self.scale if Masked.key == "score" else 1)


class Conv(nn.Conv2d, Masked):
    def __init__(self, i, o, kernel, stride=1):
        super().__init__(i, o, kernel, stride=stride, padding=kernel // 2, bias=False)
        self.setup()

    def forward(self, x):
        return F.conv2d(x, self.effective(), None, self.stride, self.padding)


class Linear(nn.Linear, Masked):
    def __init__(self, i, o):
        super().__init__(i, o, bias=False)
        self.setup()

    def forward(self, x):
        return F.linear(x, self.effective())


def norm(channels, affine):
    layer = nn.BatchNorm2d(channels, affine=affine)
    layer.running_mean.uniform_(-0.3, 0.3)
    layer.running_var.uniform_(0.5, 1.5)
    if affine:
        nn.init.uniform_(layer.weight, 0.5, 1.5)
        nn.init.uniform_(layer.bias, -0.5, 0.5)
    return layer


class Block(nn.Module):
    """A basic block (two 3x3) or a bottleneck (1x1, 3x3, 1x1); `shortcut` is the projection's name."""

    def __init__(self, i, planes, stride, bottleneck, affine, shortcut):
        super().__init__()
        out = planes * 4 if bottleneck else planes
        shapes = [(i, planes, 1, 1), (planes, planes, 3, stride), (planes, out, 1, 1)] if bottleneck else [
            (i, planes, 3, stride), (planes, planes, 3, 1)]
        self.count, self.projection = len(shapes), shortcut if stride != 1 or i != out else None
        for n, (a, b, kernel, step) in enumerate(shapes, 1):
            setattr(self, f"conv{n}", Conv(a, b, kernel, step))
            setattr(self, f"bn{n}", norm(b, affine))
        if self.projection:
            setattr(self, shortcut, nn.Sequential(Conv(i, out, 1, stride), norm(out, affine)))

    def forward(self, x):
        y = x
        for n in range(1, self.count + 1):
            y = getattr(self, f"bn{n}")(getattr(self, f"conv{n}")(y))
            y = F.relu(y) if n < self.count else y
        return F.relu(y + (getattr(self, self.projection)(x) if self.projection else x))


class Fold(nn.Module):
    """A bottleneck with shared weights, iterated with batch norms of its own each time."""

    def __init__(self, planes, iterations):
        super().__init__()
        self.iterations, self.conv1, self.conv2 = iterations, Conv(planes * 4, planes, 1), Conv(planes, planes, 3)
        self.conv3 = Conv(planes, planes * 4, 1)
        for t in range(iterations):
            for n, channels in enumerate((planes, planes, planes * 4), 1):
                setattr(self, f"bnorm{n}_{t}", norm(channels, True))

    def forward(self, x):
        for t in range(self.iterations):
            y = F.relu(getattr(self, f"bnorm1_{t}")(self.conv1(x)))
            y = F.relu(getattr(self, f"bnorm2_{t}")(self.conv2(y)))
            x = F.relu(getattr(self, f"bnorm3_{t}")(self.conv3(y)) + x)
        return x


class ResNet(nn.Module):
    def __init__(self, network, stage_name, shortcut, affine):
        super().__init__()
        stem, bottleneck = network["stem"], network["block"] == "bottleneck"
        self.conv1 = Conv(3, stem["channels"], stem["kernel"], stem["stride"])
        self.bn1, channels = norm(stem["channels"], affine), stem["channels"]
        self.pool, self.stages = stem["max_pool"], []
        for number, stage in enumerate(network["stages"], 1):
            planes, blocks = stage["channels"], []
            for b in range(2 if stage["folded"] else stage["blocks"]):
                if b == 1 and stage["folded"]:
                    blocks.append(Fold(planes, stage["blocks"] - 1))
                else:
                    stride = stage["stride"] if b == 0 else 1
                    blocks.append(Block(channels, planes, stride, bottleneck, affine, shortcut))
                channels = planes * 4 if bottleneck else planes
            setattr(self, f"{stage_name}{number}", nn.Sequential(*blocks))
            self.stages.append(f"{stage_name}{number}")
        self.channels = channels

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.max_pool2d(x, 3, 2, 1) if self.pool else x
        for stage in self.stages:
            x = getattr(self, stage)(x)
        return F.adaptive_avg_pool2d(x, 1)


class WithConvClassifier(ResNet):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.fc = Conv(self.channels, 10, 1)

    def forward(self, x):
        return self.fc(super().forward(x)).flatten(1)


class Mmcls(nn.Module):
    def __init__(self, network):
        super().__init__()
        self.backbone = ResNet(network, "layer", "downsample", True)
        self.head = nn.Module()
        self.head.fc = Linear(self.backbone.channels, 10)

    def forward(self, x):
        return self.head.fc(self.backbone(x).flatten(1))


class Plain(nn.Module):
    """Conv2, or FC where `convs` is empty: linear layers are 1x1 convolutions of the flattened map."""

    def __init__(self, convs, linear):
        super().__init__()
        layers = []
        for n, (i, o) in enumerate(convs):
            layers += [Conv(i, o, 3), nn.ReLU()] + ([nn.MaxPool2d(2)] if n % 2 else [])
        if layers:
            self.convs = nn.Sequential(*layers)
        layers = []
        for i, o in linear:
            layers += [Conv(i, o, 1), nn.ReLU()]
        self.linear = nn.Sequential(*layers[:-1])

    def forward(self, x):
        x = self.convs(x) if hasattr(self, "convs") else x
        return self.linear(x.view(x.size(0), x[0].numel(), 1, 1)).squeeze()


class Affine(nn.Module):
    """ResMLP's norm."""

    def __init__(self, channels):
        super().__init__()
        self.alpha, self.beta = nn.Parameter(torch.rand(channels) + 0.5), nn.Parameter(torch.rand(channels) - 0.5)

    def forward(self, x):
        return torch.addcmul(self.beta, self.alpha, x)


class TokenBlock(nn.Module):
    """ResMLP's layer where `hidden` is None, else MLP-Mixer's; x is batch x tokens x channels."""

    def __init__(self, tokens, channels, hidden, mixer, conv1d):
        super().__init__()
        norm, self.conv1d = (lambda c: nn.LayerNorm(c, eps=3e-3)) if mixer else Affine, conv1d
        mix = (lambda i, o: nn.Conv1d(i, o, 1, bias=False)) if conv1d else (lambda i, o: nn.Linear(i, o, bias=False))
        self.norm1, self.norm2 = norm(channels), norm(channels)
        self.tokens = mix(tokens, tokens) if hidden is None else nn.Sequential(
            mix(tokens, hidden), nn.GELU(), mix(hidden, tokens))
        self.channels = nn.Sequential(nn.Linear(channels, 20), nn.GELU(), nn.Linear(20, channels))
        for name in ("scale1", "scale2"):
            setattr(self, name, None if mixer else nn.Parameter(torch.rand(channels)))
        if mixer:
            for layer in (self.norm1, self.norm2):
                nn.init.uniform_(layer.weight, 0.5, 1.5)
                nn.init.uniform_(layer.bias, -0.5, 0.5)

    def forward(self, x):
        y = self.norm1(x)
        y = self.tokens(y) if self.conv1d else self.tokens(y.transpose(1, 2)).transpose(1, 2)
        x = x + (y if self.scale1 is None else self.scale1 * y)
        y = self.channels(self.norm2(x))
        return x + (y if self.scale2 is None else self.scale2 * y)


class TokenMlp(nn.Module):
    def __init__(self, channels, patch, hidden, mixer, conv1d=False, side=12):
        super().__init__()
        self.embed = nn.Conv2d(3, channels, patch, patch)
        tokens = (side // patch) ** 2
        self.layers = nn.Sequential(*[TokenBlock(tokens, channels, hidden, mixer, conv1d) for _ in range(2)])
        self.norm = nn.LayerNorm(channels) if mixer else Affine(channels)
        self.head = nn.Linear(channels, 10)

    def forward(self, x):
        x = self.embed(x).flatten(2).transpose(1, 2)
        return self.head(self.norm(self.layers(x)).mean(1))
