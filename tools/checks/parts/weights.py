"""The part that reads trained weights without running code in them."""

from __future__ import annotations

# --- part weights ---
import pickle

_ARRAY_GLOBALS = frozenset(
    (module, name)
    for module in (
        "numpy.core.multiarray",
        "numpy._core.multiarray",
        "numpy",
        "numpy.core.numeric",
        "numpy._core.numeric",
    )
    for name in ("_reconstruct", "ndarray", "dtype", "scalar", "_frombuffer")
) | {("collections", "OrderedDict")}


class _ArrayUnpickler(pickle.Unpickler):
    """Builds numpy arrays and nothing else: a file that asks for any other object is refused before it is called."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ARRAY_GLOBALS:
            raise pickle.UnpicklingError(f"asks for {module}.{name}")
        return super().find_class(module, name)


def load_weights(path: str) -> dict[str, Any]:
    """Return the arrays of a .pdparams file by name, in their order. No code in it is run."""
    import numpy

    shown = os.path.basename(path)
    try:
        with open(path, "rb") as file:
            content = _ArrayUnpickler(file).load()
    except OSError as error:
        raise WrongUse(f"{shown}: {error.strerror}; name a .pdparams file") from None
    except pickle.UnpicklingError as error:
        raise WrongUse(f"{shown}: {error}; `faq check run pretrained -- {shown}` says what is in it") from None
    except Exception as error:
        raise WrongUse(
            f"{shown} is no .pdparams file ({type(error).__name__}); name the one that training wrote"
        ) from None
    if not isinstance(content, dict):
        raise WrongUse(f"{shown} holds no weights by name; name the .pdparams file, not the optimizer's .pdopt")
    return {name: array for name, array in content.items() if isinstance(array, numpy.ndarray) and array.size}


def looks_untrained(arrays: list[Any]) -> bool:
    """Say whether all one-dimensional arrays are still what a new network has: all ones or all zeros.

    Training moves the scales, shifts, means and variances of every normalisation, and every bias.
    """
    flat = [array for array in arrays if array.ndim == 1 and array.dtype.kind == "f" and array.size > 1]
    return bool(flat) and all((array == array[0]).all() and array[0] in (0.0, 1.0) for array in flat)


def last_layer(arrays: list[Any]) -> tuple[int, int] | None:
    """Return (features, classes) of the last fully connected layer, by the order of the arrays; None without one."""
    return next((tuple(array.shape) for array in reversed(arrays) if array.ndim == 2), None)


# --- end of part weights ---
