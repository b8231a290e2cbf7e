"""The part that knows networks by the shapes and names of their arrays."""

from __future__ import annotations

# --- part known_networks ---
# Needs the part array_file.
import shlex
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Network:
    """A row of the tables."""

    naming: str
    first_array: str
    fc_weight: str
    name: str
    arrays: int
    elements: int
    features: int

    @property
    def made_by(self) -> str:
        """What makes this network."""
        vision = self.naming == "paddle.vision.models"
        return f"{self.naming}.{self.name}()" if vision else f"-o Arch.name={self.name}"

    def with_classes(self, classes: object) -> str:
        """Return what makes it for so many classes."""
        vision = self.naming == "paddle.vision.models"
        return f"{self.naming}.{self.name}(num_classes={classes})" if vision else f"-o Arch.class_num={classes}"

    def fine_tuned(self, path: str, classes: object) -> str:
        """Return how to start from a file of its weights."""
        if self.naming == "paddle.vision.models":
            return f"{self.with_classes(classes)}.set_state_dict(paddle.load({path!r}))"
        return f"-o Global.pretrained_model={shlex.quote(os.path.splitext(path)[0])} {self.with_classes(classes)}"


@dataclass(frozen=True)
class Recognised:
    """What a set of arrays belongs to."""

    networks: list[Network]
    """All that have these shapes, those with these names first."""
    named: bool
    """Whether the names are those of the first."""
    classes: int | None
    """Outputs of the final FC layer; None when it is not in the file."""

    @property
    def network(self) -> Network:
        """The best of them."""
        return self.networks[0]


def networks_called(name: str) -> list[Network]:
    """Return the networks of a name, today's naming first."""
    exact = [network for network in NETWORKS if network.name == name]
    return exact or [network for network in NETWORKS if network.name.lower() == name.lower()]


def recognise(arrays: dict[str, Array]) -> Recognised | None:
    """Return the networks that have these arrays, with or without the final FC layer."""
    elements = sum(array.elements for array in arrays.values())
    shapes = Counter(array.shape for array in arrays.values())
    fitting: list[tuple[bool, Network, int | None]] = []
    for network in NETWORKS:
        rest = elements - network.elements
        classes = rest // (network.features + 1)
        without = len(arrays) == network.arrays and rest == 0
        last = (network.features, classes)
        has_last = len(arrays) == network.arrays + 2 and rest == classes * (network.features + 1) > 0 and shapes[last]
        if without or has_last:
            fitting.append((network.first_array in arrays, network, None if without else classes))
    if not fitting:
        return None
    fitting.sort(key=lambda one: not one[0])
    named = [one for one in fitting if one[0]] or fitting
    return Recognised([network for _, network, _ in named], named=fitting[0][0], classes=fitting[0][2])


def _networks() -> Iterator[Network]:
    for naming, table in NAMINGS.items():
        first_array = fc_weight = ""
        for line in table.strip().splitlines():
            words = line.split()
            if line.startswith(" "):
                yield Network(naming, first_array, fc_weight, words[0], *map(int, words[1:]))
            else:
                first_array, fc_weight = words


# First array and weight of the last FC layer, then for each network with these names: arrays without that layer,
# numbers in them, features before that layer.
NAMINGS = {
    "paddle.vision.models": """
_conv1._conv.weight _fc8.weight
    alexnet 14 57003840 4096
conv1_func._conv.weight out.weight
    densenet121 604 7037504 1024
    densenet161 804 26691936 2208
    densenet169 844 12642880 1664
    densenet201 1004 18321984 1920
    densenet264 1324 31047232 2688
inception_stem.conv_1a_3x3.0.weight fc.weight
    inception_v3 470 21820000 2048
conv1.0.weight fc.weight
    mobilenet_v1 135 3228864 1024
features.0.0.weight classifier.1.weight
    mobilenet_v2 260 2257984 1280
conv.0.weight classifier.3.weight
    mobilenet_v3_large 264 4226432 1280
    mobilenet_v3_small 208 1529968 1024
conv1.weight fc.weight
    resnet18 100 11186112 512
    resnet34 180 21301696 512
    resnet50 265 23561152 2048
    resnet101 520 42605504 2048
    resnet152 775 58295232 2048
    resnext50_32x4d 265 23048128 2048
    resnext50_64x4d 265 43241920 2048
    resnext101_32x4d 520 42266560 2048
    resnext101_64x4d 520 81609152 2048
    resnext152_32x4d 775 58101696 2048
    resnext152_64x4d 775 113217984 2048
    wide_resnet50_2 265 66902464 2048
    wide_resnet101_2 520 124975552 2048
_conv1.0.weight _fc.weight
    shufflenet_v2_x0_25 280 94712 512
    shufflenet_v2_x0_33 280 139264 512
    shufflenet_v2_x0_5 280 349744 1024
    shufflenet_v2_x1_0 280 1269784 1024
    shufflenet_v2_x1_5 280 2502064 1024
    shufflenet_v2_x2_0 280 5350952 2048
features.0.weight classifier.6.weight
    vgg11 20 128766336 4096
    vgg13 24 128950848 4096
    vgg16 30 134260544 4096
    vgg19 36 139570240 4096
""",
    "PaddleClas 2.0 and 2.1": """
conv1_1._conv.weight out.weight
    ResNet50_vd 275 23580512 2048
    ResNet101_vd 530 42624864 2048
    ResNet152_vd 785 58314592 2048
    ResNet200_vd 1025 72884064 2048
""",
    "PaddleClas 2.6": """
stem.0.conv.weight fc.weight
    ResNet18 105 11190464 512
    ResNet18_vd 115 11209824 512
    ResNet34 185 21306048 512
    ResNet34_vd 195 21325408 512
    ResNet50 265 23561152 2048
    ResNet50_vd 275 23580512 2048
    ResNet101 520 42605504 2048
    ResNet101_vd 530 42624864 2048
    ResNet152 775 58295232 2048
    ResNet152_vd 785 58314592 2048
    ResNet200_vd 1025 72884064 2048
    PPLCNetV2_small 214 2936160 1280
    PPLCNetV2_base 276 5560192 1280
    PPLCNetV2_large 338 9498400 1280
    PPHGNet_tiny 191 12701904 2048
    PPHGNet_small 216 22332864 2048
    PPHGNet_base 367 69575584 2048
conv.conv.weight fc.weight
    MobileNetV1_x0_25 135 218544 256
    MobileNetV1_x0_5 135 829536 512
    MobileNetV1_x0_75 135 1832976 768
    MobileNetV1 135 3228864 1024
    MobileNetV3_small_x0_35 212 389226 1280
    MobileNetV3_small_x0_5 212 627696 1280
    MobileNetV3_small_x0_75 212 1103338 1280
    MobileNetV3_small_x1_0 212 1671102 1280
    MobileNetV3_small_x1_25 212 2361650 1280
    MobileNetV3_large_x0_35 268 831920 1280
    MobileNetV3_large_x0_5 268 1404790 1280
    MobileNetV3_large_x0_75 268 2649696 1280
    MobileNetV3_large_x1_0 268 4223638 1280
    MobileNetV3_large_x1_25 268 6192948 1280
conv1.conv.weight fc.weight
    PPLCNet_x0_25 144 242936 1280
    PPLCNet_x0_35 144 365930 1280
    PPLCNet_x0_5 144 604048 1280
    PPLCNet_x0_75 144 1084232 1280
    PPLCNet_x1_0 144 1682464 1280
    PPLCNet_x1_5 144 3235248 1280
    PPLCNet_x2_0 144 5262400 1280
    PPLCNet_x2_5 144 7763920 1280
    ESNet_x0_25 318 1550562 1280
    ESNet_x0_5 318 1967671 1280
    ESNet_x0_75 318 2585657 1280
    ESNet_x1_0 318 3356374 1280
stem.stem1.conv.weight fc.weight
    PPHGNetV2_B0 273 3959822 2048
    PPHGNetV2_B1 273 4308246 2048
    PPHGNetV2_B2 385 9199052 2048
    PPHGNetV2_B3 447 14277816 2048
    PPHGNetV2_B4 401 17793376 2048
    PPHGNetV2_B5 651 37613984 2048
    PPHGNetV2_B6 871 73374192 2048
conv_layer1_1.conv.weight fc.weight
    HRNet_W18_C 1625 19297380 2048
    HRNet_W32_C 1625 39254464 2048
    HRNet_W48_C 1625 75518400 2048
conv_block_1.conv1.weight fc3.weight
    VGG11 12 128763584 4096
    VGG13 14 128947904 4096
    VGG16 17 134256320 4096
    VGG19 20 139564736 4096
patch_embed.proj.weight head.weight
    SwinTransformer_tiny_patch4_window7_224 183 27548166 768
    SwinTransformer_small_patch4_window7_224 351 48894882 768
    SwinTransformer_base_patch4_window7_224 351 86800848 1024
conv1._conv.weight out.weight
    MobileNetV2_x0_5 265 703104 1280
    MobileNetV2_x0_75 265 1373864 1280
    MobileNetV2 265 2259136 1280
    MobileNetV2_x1_5 265 4982976 1920
    MobileNetV2_x2_0 265 8769664 2560
conv._conv.weight out.weight
    ResNeXt50_32x4d 265 23048128 2048
    ResNeXt50_64x4d 265 43241920 2048
    ResNeXt101_32x4d 520 42266560 2048
    ResNeXt101_64x4d 520 81609152 2048
_conv1._conv.weight _fc.weight
    ShuffleNetV2_x0_25 280 94712 512
    ShuffleNetV2_x0_5 280 349744 1024
    ShuffleNetV2_x1_0 280 1269784 1024
    ShuffleNetV2_x1_5 280 2502064 1024
    ShuffleNetV2_x2_0 280 5378712 2048
_ef._conv_stem._conv._conv._conv.weight _fc.weight
    EfficientNetB0 309 4049564 1280
    EfficientNetB1 437 6575232 1280
    EfficientNetB3 494 10783528 1536
    EfficientNetB4 608 17673816 1792
pos_embed head.weight
    ViT_small_patch16_224 94 47985408 768
    ViT_base_patch16_224 150 85798656 768
downsample_layers.0.0.weight head.weight
    ConvNeXt_tiny 180 27820128 768
    ConvNeXt_small 342 49454688 768
conv1_1._conv.weight out.weight
    ResNet50_vc 275 23580512 2048
    SE_ResNet18_vd 147 11298904 512
    SE_ResNet34_vd 259 21486604 512
    SE_ResNet50_vd 339 26111504 2048
conv1_func._conv.weight out.weight
    DenseNet121 604 7037504 1024
    DenseNet161 804 26691936 2208
    DenseNet169 844 12642880 1664
    DenseNet201 1004 18321984 1920
    DenseNet264 1324 31047232 2688
conv1._conv.weight fc_1.weight
    GhostNet_x0_5 433 1320776 1280
    GhostNet_x1_0 433 3926544 1280
    GhostNet_x1_3 433 6102718 1280
""",
}
NETWORKS = list(_networks())


# --- end of part known_networks ---
