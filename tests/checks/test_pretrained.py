"""The check of weight files knows real ones, says what Paddle will skip, and runs nothing in any."""

from __future__ import annotations

import io
import json
import os
import pickle
import pickletools
import struct
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from check_support import Checked, run_check

LIMITED = ("bash", "-c", 'ulimit -v 262144; exec "$@"', "bash")  # KiB
NETWORKS = ["resnet18", "mobilenet_v1", "mobilenet_v2", "mobilenet_v3_large", "mobilenet_v3_small", "densenet121"]
NETWORKS += ["shufflenet_v2_x1_0", "resnet50"]

MAKE = """
import json, os, sys, warnings
import paddle
from paddle.vision import models
folder, names = sys.argv[1], sys.argv[2:]
skipped = {}
for name in names:
    network = getattr(models, name)(num_classes=7)
    state = network.state_dict()
    paddle.save(state, f"{folder}/{name}.pdparams")
    last = list(state)[-2:]
    paddle.save({key: value for key, value in state.items() if key not in last}, f"{folder}/{name}_without.pdparams")
    for kind in ("", "_without"):
        other = getattr(models, name)(num_classes=9)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            other.set_state_dict(paddle.load(f"{folder}/{name}{kind}.pdparams"))
        texts = [str(warning.message) for warning in caught if "Skip loading for" in str(warning.message)]
        skipped[name + kind] = [text.split()[3].rstrip(".") for text in texts]
network = models.mobilenet_v3_small(num_classes=7)
network.eval()
paddle.jit.save(network, f"{folder}/inference", input_spec=[paddle.static.InputSpec([None, 3, 32, 32])])
for protocol in (2, 3, 4):
    nested = {"epoch": 3, "network": {"linear": paddle.ones([20, 30])}, "lr": paddle.to_tensor(0.1)}
    paddle.save(nested, f"{folder}/nested{protocol}.pdparams", protocol=protocol)
    paddle.save(models.LeNet().state_dict(), f"{folder}/lenet{protocol}.pdparams", protocol=protocol)
linear = paddle.nn.Linear(3, 4)
adam = paddle.optimizer.Adam(parameters=linear.parameters())
linear(paddle.ones([2, 3])).sum().backward()
adam.step()
paddle.save(adam.state_dict(), f"{folder}/adam.pdopt")
print(json.dumps(skipped))
"""


@pytest.fixture(scope="module")
def made(paddle_python, tmp_path_factory) -> Path:
    """A folder of files that Paddle wrote, and skipped.json: what Paddle did not load."""
    folder = tmp_path_factory.mktemp("made")
    command = [str(paddle_python), "-c", MAKE, str(folder), *NETWORKS]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    (folder / "skipped.json").write_text(done.stdout.splitlines()[-1])
    yield folder
    for path in folder.iterdir():
        path.unlink()


def check(path: Path, *arguments: str) -> Checked:
    """Run the check where the file is, in little memory."""
    return run_check("pretrained", path.name, *arguments, cwd=path.parent, prefix=LIMITED)


def dump(path: Path, value: object, protocol: int = 4) -> Path:
    path.write_bytes(pickle.dumps(value, protocol=protocol))
    return path


def weights(first: str, arrays: int, elements: int, features: int = 0, classes: int = 0) -> dict[str, np.ndarray]:
    """Arrays as many and as large as those of a network."""
    table = {first: np.zeros(elements - arrays + 1, np.int8)}
    table |= {f"a{number}.weight": np.zeros(1, np.int8) for number in range(arrays - 1)}
    if classes:
        table |= {"fc.weight": np.zeros((features, classes), np.int8), "fc.bias": np.zeros(classes, np.int8)}
    return table


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_that_paddle_saved_are_known(made, name):
    checked = check(made / f"{name}.pdparams", "--class-num", "7", "--network", name)
    assert checked.status == "pass"
    assert name in checked.facts["network"].split(" or ")
    assert checked.facts["fc_classes"] == 7
    assert checked.facts["will_not_load"] == []


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("kind", ["", "_without"])
def test_what_will_not_load_is_what_paddle_skips(made, name, kind):
    checked = check(made / f"{name}{kind}.pdparams", "--class-num", "9")
    assert checked.status == "warn"
    assert checked.facts["will_not_load"] == json.loads((made / "skipped.json").read_text())[name + kind]


def test_a_file_without_its_last_layer_is_for_fine_tuning(made):
    checked = check(made / "resnet50_without.pdparams", "--class-num", "12")
    assert checked.document["summary"] == "resnet50 without its final FC layer"
    assert "resnet50(num_classes=12).set_state_dict(paddle.load('resnet50_without.pdparams'))" in checked.fixes


def test_other_classes_are_named_with_the_class_num_to_predict_with(made):
    checked = check(made / "resnet18.pdparams", "--class-num", "1000")
    assert "to predict or export: paddle.vision.models.resnet18(num_classes=7)" in checked.fixes


def test_the_path_may_be_given_as_paddleclas_takes_it(made):
    assert run_check("pretrained", "resnet18", cwd=made).facts["network"] == "resnet18"


def test_an_inference_model_is_known_without_names(made):
    checked = check(made / "inference.pdiparams", "--class-num", "7")
    assert checked.status == "pass"
    assert checked.facts["network"] == "mobilenet_v3_small"
    assert checked.facts["arrays"] == 210


def test_the_wrong_network_is_named(made):
    checked = check(made / "resnet18.pdparams", "--network", "ResNet50_vd")
    assert checked.status == "fail"
    assert "paddle.vision.models.resnet18(), or the weights of ResNet50_vd" in checked.fixes


def test_names_of_another_library_load_nothing(made):
    checked = check(made / "resnet50.pdparams", "--network", "ResNet50")
    assert checked.status == "fail"
    assert checked.facts["will_load"] == 0
    assert "'stem.0.conv.weight'" in checked.said


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_every_protocol_of_paddle_is_read(made, protocol):
    nested = check(made / f"nested{protocol}.pdparams")
    lenet = check(made / f"lenet{protocol}.pdparams")
    assert nested.facts["arrays"] == 2
    assert nested.facts["last_matrix"] == "network.linear"
    assert nested.facts["last_matrix_shape"] == [20, 30]
    assert lenet.facts["parameters"] == 61610


def test_an_optimizer_is_told_from_weights(made):
    checked = check(made / "adam.pdopt")
    assert checked.status == "fail"
    assert "name the .pdparams file beside it" in checked.fixes


def test_a_network_of_paddleclas_is_known(tmp_path):
    path = dump(tmp_path / "a.pdparams", weights("conv.conv.weight", 212, 389226, 1280, 20))
    checked = check(path, "--network", "MobileNetV3_small_x0_35", "--class-num", "20")
    assert checked.status == "pass"
    assert checked.facts["names_of"] == "PaddleClas 2.6"


def test_fixes_for_paddleclas_are_its_own_options(tmp_path):
    path = dump(tmp_path / "w.pdparams", weights("conv.conv.weight", 212, 389226, 1280, 20))
    assert (
        "-o Arch.class_num=20; to fine-tune: -o Global.pretrained_model=w -o Arch.class_num=5"
        in check(path, "--class-num", "5").fixes
    )


def test_weights_of_paddleclas_of_2021_are_told_from_those_of_today(tmp_path):
    path = dump(tmp_path / "ResNet50_vd_10w.pdparams", weights("conv1_1._conv.weight", 275, 23580512))
    alone, today = check(path), check(path, "--network", "ResNet50_vd")
    assert alone.status == "warn"
    assert alone.facts["network"] == "ResNet50_vd or ResNet50_vc"
    assert "PaddleClas release/2.1" in alone.fixes
    assert today.status == "fail"


def test_a_distillation_file_has_its_student_taken_out(tmp_path):
    table = {f"{who}.fc.weight": np.zeros((2, 3), np.float32) for who in ("Teacher", "Student")}
    assert "k.startswith('Student.')" in check(dump(tmp_path / "a.pdparams", table)).fixes


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_arrays_of_numpy_1_and_2_are_read(tmp_path, protocol):
    table = {"w": np.zeros((300, 70), np.float32), "n": np.float64(2), "t": np.ones((2, 3)).T}
    content = pickle.dumps(table, protocol=protocol)
    (tmp_path / "two.pdparams").write_bytes(content)
    counts = [check(tmp_path / "two.pdparams").facts["parameters"]]
    if protocol < 4:  # names without a length before them can be exchanged
        (tmp_path / "one.pdparams").write_bytes(content.replace(b"numpy._core.", b"numpy.core."))
        counts.append(check(tmp_path / "one.pdparams").facts["parameters"])
    assert set(counts) == {21007}


class Runs:
    """Something that calls a function when it is loaded."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def malicious(marker: Path) -> dict[str, tuple[object, str]]:
    touch, array = f"touch {marker}", np.zeros((3, 4), np.float32)
    return {
        "system": (Runs(os.system, touch), "posix.system"),
        "eval": (Runs(eval, f"open({str(marker)!r}, 'w')"), "eval"),
        "exec": (Runs(exec, f"open({str(marker)!r}, 'w')"), "exec"),
        "popen": (Runs(subprocess.Popen, touch.split()), "Popen"),
        "getattr": (Runs(getattr, Runs(__import__, "os"), "system"), "getattr"),
        "hidden in weights": ({"fc.weight": array, "fc.bias": Runs(os.system, touch)}, "posix.system"),
        "nested": ({"a": {"b": [(1, {"c": Runs(os.system, touch)})]}}, "posix.system"),
        "as a key": ({Runs(os.system, touch): array}, "posix.system"),
        "array of objects": ({"w": np.array([Runs(os.system, touch)], object)}, ""),
    }


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
@pytest.mark.parametrize("kind", malicious(Path("x")))
def test_code_in_a_file_is_named_and_never_run(tmp_path, kind, protocol):
    value, named = malicious(tmp_path / "marker")[kind]
    checked = check(dump(tmp_path / "a.pdparams", value, protocol))
    assert checked.status == "fail"
    assert checked.document["summary"].startswith("refused: loading a.pdparams would run")
    assert named in checked.said
    assert not (tmp_path / "marker").exists()


def test_the_files_of_that_test_are_malicious(tmp_path):
    path = dump(tmp_path / "a.pdparams", malicious(tmp_path / "marker")["hidden in weights"][0])
    subprocess.run([sys.executable, "-c", f"import pickle; pickle.load(open({str(path)!r}, 'rb'))"], check=True)
    assert (tmp_path / "marker").exists()


@pytest.mark.parametrize("opcode", [b"i", b"o", b"\x81", b"\x92", b"\x82", b"P", b"Q"])
def test_instructions_that_make_objects_are_refused(tmp_path, opcode):
    (tmp_path / "a.pdparams").write_bytes(b"\x80\x02}(" + opcode + b"os\nsystem\n.")
    assert check(tmp_path / "a.pdparams").document["summary"].startswith("refused")


def nested(opening: bytes, entries: bytes, closing: bytes, levels: int) -> bytes:
    """Instructions for a value that holds the one before it many times, again and again."""
    return b"".join(opening + entries.replace(b"?", bytes([level])) + closing for level in range(levels))


HUNDRED = b"".join(b"\x8c\x02%02dh?" % number for number in range(100))
THREE = pickletools.optimize(pickle.dumps(np.zeros(3, np.float32), protocol=2))
BOMBS = {
    "bytes without end": b"\x80\x04\x8e" + struct.pack("<Q", 2**60),
    "text without end": b"\x80\x04\x8d" + struct.pack("<Q", 2**60),
    "tuples of tuples": b"\x80\x04}\x8c\x01a)\x94" + nested(b"(", b"h?h?", b"t\x94", 60) + b"s.",
    "tables of tables": b"\x80\x04}\x94" + nested(b"}(", b"\x8c\x01ah?\x8c\x01bh?", b"u\x94", 60) + b".",
    "a hundred tables each": b"\x80\x04}\x94" + nested(b"}(", HUNDRED, b"u\x94", 7) + b".",
    "instructions without end": b"\x80\x04" + b"}" * 5_000_000,
    "names without end": b"\x80\x04" + (b"X\x00\x10\x00\x00" + b"a" * 4096) * 10_000,
    "a huge array": THREE.replace(b"K\x03\x85", b"\x8a\x08" + struct.pack("<q", 2**62) + b"\x85", 1),
    "a call for memory": b"\x80\x04\x8c\x08builtins\x8c\x09bytearray\x93\x8a\x06" + b"\xff" * 5 + b"\x00\x85R.",
}


@pytest.mark.parametrize("kind", BOMBS)
def test_a_file_made_to_fill_the_memory_does_not(tmp_path, kind):
    (tmp_path / "a.pdparams").write_bytes(BOMBS[kind])
    assert check(tmp_path / "a.pdparams").status == "fail"


@pytest.mark.parametrize("protocol", [2, 4])
def test_100_mb_are_read_in_little_memory(tmp_path, protocol):
    path = tmp_path / "a.pdparams"
    with path.open("wb") as stream:
        pickle.dump({"w": np.zeros((25_000, 1000), np.float32)}, stream, protocol=protocol)
    checked = check(path)
    path.unlink()
    assert checked.status == "pass"
    assert checked.facts["last_matrix_shape"] == [25_000, 1000]


@pytest.mark.parametrize("name", ["resnet18.pdparams", "inference.pdiparams"])
@pytest.mark.parametrize("share", [0.001, 0.5, 0.999])
def test_a_file_that_was_cut_off_is_said_to_be(made, tmp_path, name, share):
    content = (made / name).read_bytes()
    (tmp_path / name).write_bytes(content[: int(len(content) * share)])
    checked = check(tmp_path / name)
    assert checked.status == "fail"
    assert "ends in the middle" in checked.said
    assert "download it again and compare its size" in checked.fixes


@pytest.mark.parametrize("seed", range(8))
def test_noise_in_a_real_file_is_never_a_crash(made, tmp_path, seed):
    content = bytearray((made / "lenet2.pdparams").read_bytes()[:3000])
    random = np.random.default_rng(seed)
    content[random.integers(2, 400)] = random.integers(256)
    (tmp_path / "a.pdparams").write_bytes(content)
    assert check(tmp_path / "a.pdparams").status == "fail"


def test_files_of_other_kinds_are_named_with_the_way_out(tmp_path):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo("w.pdparams"), io.BytesIO())
    with tarfile.open(tmp_path / "a.tgz", "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("w.pdparams"), io.BytesIO())
    with zipfile.ZipFile(tmp_path / "a.pth", "w") as archive:
        archive.writestr("archive/data.pkl", b"")
    header = b'{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    (tmp_path / "a.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + bytes(4))
    (tmp_path / "a.pdparams").write_text("<!DOCTYPE html><title>404</title>")
    (tmp_path / "b.pdparams").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    (tmp_path / "c.json").write_text('{"base_code": {}}')
    (tmp_path / "d.pdparams").touch()
    expected = {
        "a.tar": "tar -xf a.tar",
        "a.tgz": "tar -xzf a.tgz",
        "a.pth": "weights of PyTorch have to be converted",
        "a.safetensors": "safetensors.paddle.load_file",
        "a.pdparams": "a server's answer",
        "b.pdparams": "git lfs pull",
        "c.json": "name the .pdiparams file beside it",
        "d.pdparams": "download it again",
    }
    for name, fix in expected.items():
        checked = check(tmp_path / name)
        assert checked.status == "fail"
        assert fix in checked.fixes


@pytest.mark.parametrize(
    "content", [bytes(1000), b"hello\n", b"\xff\xd8\xff\xe0", b"\x80", b"\x80\x04.", b"\x80\x04N."]
)
def test_what_is_no_weight_file_fails_clearly(tmp_path, content):
    (tmp_path / "a.pdparams").write_bytes(content)
    assert check(tmp_path / "a.pdparams").status == "fail"


def test_noise_is_not_accused_of_running_code(tmp_path):
    (tmp_path / "a.pdparams").write_bytes(b"o\x01\x02" + bytes(range(256)))
    assert check(tmp_path / "a.pdparams").document["summary"].startswith("a.pdparams cannot be read")


@pytest.mark.parametrize(
    "arguments", [[], ["none.pdparams"], ["."], ["a", "--class-num", "0"], ["a", "--network", "x"]]
)
def test_what_cannot_be_looked_at_is_wrong_use(tmp_path, arguments):
    (tmp_path / "a").write_bytes(b"\x80\x04}.")
    assert run_check("pretrained", *arguments, cwd=tmp_path).status == "usage"
