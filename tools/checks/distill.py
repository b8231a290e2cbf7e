# /// script
# requires-python = ">=3.9"
# dependencies = ["paddlepaddle>=3.0,<4", "numpy<2.4", "setuptools"]
#
# [tool.faq-check]
# id = "distill"
# version = "1.0"
# title = "Did teacher and student of a distillation start from the right weights?"
# title_zh = "蒸馏的 Teacher 和 Student 装上正确的权重了吗？"
# answers = ["faq_2021_s1/Q2.3", "en/faq_2021_s1/Q2.3"]
# reads = ["a checkpoint of the distillation", "the .pdparams that teacher and student should start from"]
# writes = []
# needs = ["cpu"]
# limit_seconds = 60
# ///
"""Find out whether a distillation runs with the weights it should, and with a learning rate that fits.

CHECKPOINT is a .pdparams that the distillation saved, early or late: its arrays are named Teacher.… and Student.….

* The teacher is frozen: with --teacher, every weight of it must be in the checkpoint as it is (running means and
  variances may have moved). Without, the teacher must at least not look like a new network.
* The student moves away from where it started, but stays close to it: with --student, the ImageNet-1k weights, the
  mean cosine between its convolutions now and then is above 0.9 after a few epochs, and about 0 where nothing was
  loaded. Arrays of another shape (the last layer) are left out.
* --class-num: the width of the teacher's and the student's last layer.
* --learning-rate and --batch-size (over all cards) against the recipe of the student on ImageNet-1k, scaled to your
  batch: lr = recipe lr x batch / recipe batch (Goyal et al. 2017, arXiv 1706.02677).
"""

from __future__ import annotations

import argparse
import importlib.util

LOADED_COSINE = 0.5  # measured: above 0.9 after training on from loaded weights, below 0.05 from new ones
STATISTICS = ("._mean", "._variance")  # of normalisations: they follow the data even where weights are frozen
TEACHER, STUDENT = "Teacher", "Student"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the files and settings of the distillation."""
    parser.add_argument("checkpoint", nargs="?", metavar="CHECKPOINT", help=".pdparams saved by the distillation")
    parser.add_argument("--teacher", metavar="FILE", help="weights of the teacher, trained on your data")
    parser.add_argument("--student", metavar="FILE", help="ImageNet-1k weights that the student starts from")
    parser.add_argument("--class-num", type=int, metavar="N", help="classes of your data")
    parser.add_argument("--learning-rate", type=float, metavar="LR", help="the initial one, after warm-up")
    parser.add_argument("--batch-size", type=int, metavar="N", help="of all cards together")
    parser.add_argument("--recipe-learning-rate", type=float, default=0.1, metavar="LR", help="on ImageNet-1k (0.1)")
    parser.add_argument("--recipe-batch-size", type=int, default=256, metavar="N", help="that it belongs to (256)")


def measure(arguments: argparse.Namespace, report: Report) -> None:
    """Judge the learning rate, then the weights of both models."""
    if arguments.checkpoint is None and arguments.learning_rate is None:
        raise WrongUse("name the checkpoint, e.g. output/DistillationModel/latest.pdparams, or give --learning-rate")
    if arguments.learning_rate is not None:
        _judge_learning_rate(arguments, report)
    if arguments.checkpoint is not None:
        if importlib.util.find_spec("numpy") is None:
            raise Skip("numpy is not installed here", "`faq check run distill` or `uv run distill.py` brings it")
        _judge_checkpoint(arguments, report)
    if report.status == "pass":
        report.summary = "; ".join(finding["what"] for finding in report.findings)


def _judge_learning_rate(arguments: argparse.Namespace, report: Report) -> None:
    if arguments.batch_size is None or min(arguments.batch_size, arguments.recipe_batch_size) < 1:
        raise WrongUse("--learning-rate needs --batch-size, that of all cards together")
    given, recipe = arguments.learning_rate, arguments.recipe_learning_rate
    fitting = recipe * arguments.batch_size / arguments.recipe_batch_size
    report.facts.update(learning_rate=given, fitting_learning_rate=float(f"{fitting:.3g}"))
    of = f"{recipe:g} at a batch of {arguments.recipe_batch_size}"
    if given > max(recipe, fitting):
        report.fail(
            f"the learning rate {given:g} is above that of ImageNet-1k ({of})",
            why="the student is torn away from the weights that it started from, and what they know is lost",
            fix=f"Optimizer.lr.learning_rate: {fitting:.3g} for your batch of {arguments.batch_size}",
        )
    elif given > fitting * 1.5:
        report.warn(
            f"the learning rate {given:g} is {given / fitting:.1f} times what a batch of {arguments.batch_size} takes",
            why=f"the recipe's {of} is for its own batch; a smaller batch takes proportionally less",
            fix=f"Optimizer.lr.learning_rate: {fitting:.3g}",
        )
    else:
        report.good(
            f"the learning rate {given:g} is not above {fitting:.3g}, which fits a batch of {arguments.batch_size}"
        )


def _judge_checkpoint(arguments: argparse.Namespace, report: Report) -> None:
    arrays = load_weights(arguments.checkpoint)
    teacher, student = _models_of(arrays)
    report.facts.update(teacher_arrays=len(teacher), student_arrays=len(student))
    _judge_teacher(teacher, arguments.teacher, report)
    _judge_student(student, arguments.student, report)
    for name, model in ((TEACHER, teacher), (STUDENT, student)):
        _judge_width(name, model, arguments.class_num, report)


def _models_of(arrays: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the arrays of teacher and student by their own names."""
    models: dict[str, dict[str, Any]] = {}
    for name, array in arrays.items():
        model, _, own = name.partition(".")
        models.setdefault(model, {})[own] = array
    if not models.get(TEACHER) or not models.get(STUDENT):
        found = ", ".join(sorted(models)[:5])
        raise WrongUse(f"the checkpoint has no Teacher.… and Student.… (it has {found}.…); name one of a distillation")
    return models[TEACHER], models[STUDENT]


def _judge_teacher(teacher: dict[str, Any], path: str | None, report: Report) -> None:
    fix = "Arch.models.Teacher.pretrained: the path, without .pdparams, of the weights trained on your data"
    if looks_untrained(list(teacher.values())):
        report.fail(
            "the teacher is a new network: no weights were loaded into it",
            why="every normalisation is ones and zeros; the student learns to copy noise",
            fix=fix,
        )
    elif path is None:
        report.good("the teacher was trained")
    else:
        wanted = {name: array for name, array in load_weights(path).items() if not name.endswith(STATISTICS)}
        same = [name for name, array in wanted.items() if _is_same(array, teacher.get(name))]
        report.facts["teacher_arrays_as_in_the_file"] = len(same)
        missing = [name for name in wanted if name not in set(same)]
        if missing:
            report.fail(
                f"{len(missing)} of {len(wanted)} arrays of the teacher are not those of {os.path.basename(path)}:"
                f" {', '.join(missing[:3])} …",
                why="a frozen teacher stays exactly as it was loaded, so these were not loaded, or it is not frozen",
                fix=f"{fix}; and freeze_params_list: [True, False]",
            )
        else:
            report.good(f"the teacher is {os.path.basename(path)}, all {len(wanted)} arrays")


def _is_same(wanted: Any, found: Any) -> bool:
    return found is not None and wanted.shape == found.shape and bool((wanted == found).all())


def _judge_student(student: dict[str, Any], path: str | None, report: Report) -> None:
    fix = "Arch.models.Student.pretrained: the path, without .pdparams, of the ImageNet-1k weights (or True)"
    if path is None:
        if looks_untrained(list(student.values())):
            report.fail(
                "the student is a new network: no weights were loaded, no step was taken",
                why="every normalisation is ones and zeros",
                fix=fix,
            )
        else:
            report.good("the student was trained or loaded; --student FILE tells which")
        return
    cosine = _mean_cosine(load_weights(path), student)
    if cosine is None:
        raise WrongUse(
            f"{os.path.basename(path)} has no convolution of a shape that the student has; name its own weights"
        )
    report.facts["student_cosine"] = round(cosine, 3)
    if cosine < LOADED_COSINE:
        report.fail(
            f"the student did not start from {os.path.basename(path)}: cosine {cosine:.2f} between its convolutions",
            why="weights that were loaded and trained on keep most of their direction; new ones have none of it",
            fix=fix,
        )
    else:
        report.good(f"the student started from {os.path.basename(path)} (cosine {cosine:.2f})")


def _mean_cosine(before: dict[str, Any], now: dict[str, Any]) -> float | None:
    """Return the mean cosine of the arrays of two and more dimensions with one name and shape; None without any."""
    import numpy

    cosines = []
    for name, array in before.items():
        other = now.get(name)
        if array.ndim >= 2 and other is not None and other.shape == array.shape:
            norms = float(numpy.linalg.norm(array) * numpy.linalg.norm(other))
            cosines.append(float((array * other).sum()) / norms if norms else 0.0)
    return sum(cosines) / len(cosines) if cosines else None


def _judge_width(name: str, model: dict[str, Any], wanted: int | None, report: Report) -> None:
    width = last_layer(list(model.values()))
    if width is None or wanted is None:
        return
    report.facts[f"{name.lower()}_classes"] = width[1]
    if width[1] != wanted:
        report.fail(
            f"the {name.lower()}'s last layer has {width[1]} classes, your data {wanted}",
            why="teacher and student must speak of the same classes, or their outputs cannot be compared",
            fix=f"Arch.models.{name}.class_num: {wanted}"
            + (", and train it on your data first" if name == TEACHER else ""),
        )


# --- part weights ---


# --- part contract ---


if __name__ == "__main__":
    sys.exit(main(add_arguments, measure))
