"""Matrices in and out as OMX (open matrix, HDF5), through the optional extra ``omx``."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType

import numpy as np
import numpy.typing as npt

from shaar.engine.errors import InputError, ShaarError

F64 = npt.NDArray[np.float64]
#: What OMX files say of themselves; readers ask for it.
VERSION = b"0.2"


def write_omx(
    file: str | Path, matrices: Mapping[str, F64], zone_ids: Sequence[str] | Sequence[int], *, mapping: str = "zone_id"
) -> None:
    """Write matrices of one shape, with the ids of their zones, beside the file and rename.

    Layout: attributes ``OMX_VERSION`` and ``SHAPE``; ``/data/<name>`` in chunks of rows, compressed without loss;
    ``/lookup/<mapping>`` with the ids in the order of rows and columns (OMX specification 0.2).

    Raises
    ------
    InputError
        No matrix, or one whose shape is not (z, z), or a name that HDF5 cannot hold.
    ShaarError
        The extra is not installed, or the disk refuses.
    """
    h5py = _h5py()
    path, z = Path(file), len(zone_ids)
    if not matrices:
        raise InputError("there is no matrix to write", file=file)
    for name, m in matrices.items():
        if not name or "/" in name or name.startswith("."):
            raise InputError(f"a matrix cannot be called {name!r}", file=file)
        if np.shape(m) != (z, z):
            raise InputError(f"its shape is {np.shape(m)}, not {(z, z)}", file=file, field=name)
    numeric = all(isinstance(i, int | np.integer) for i in zone_ids)
    ids = np.array(zone_ids, dtype=np.int64) if numeric else np.array([str(i).encode() for i in zone_ids])
    handle, fresh = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    try:
        with h5py.File(fresh, "w") as out:
            out.attrs["OMX_VERSION"] = np.bytes_(VERSION)
            out.attrs["SHAPE"] = np.array([z, z], dtype=np.int32)
            data, lookup = out.create_group("data"), out.create_group("lookup")
            for name, m in matrices.items():
                data.create_dataset(
                    name, data=np.asarray(m, dtype=np.float64), chunks=(1, max(z, 1)), compression="gzip", shuffle=True
                )
            lookup.create_dataset(mapping, data=ids)
        Path(fresh).chmod(0o644)
        Path(fresh).replace(path)
    except OSError as e:
        raise ShaarError(f"{path}: the matrices could not be written ({e}); nothing was changed") from e
    finally:
        Path(fresh).unlink(missing_ok=True)


def read_omx(
    file: str | Path, zone_ids: Sequence[str] | None = None, *, mapping: str | None = None
) -> tuple[dict[str, F64], tuple[str, ...]]:
    """Read all matrices of an OMX file.

    Parameters
    ----------
    zone_ids
        Zones of the city: rows and columns are brought into their order; zones that the file lacks get zeros. None
        keeps the order of the file.
    mapping
        Name of the lookup with the ids; None takes the only one. A file without any has zones 1, 2, ...

    Returns
    -------
    tuple
        Name -> matrix, float64, and the ids of rows and columns.

    Raises
    ------
    InputError
        The file is not OMX, a matrix is not square or holds something else than numbers, or the file has trips of
        zones that the city lacks.
    ShaarError
        The extra is not installed.
    """
    h5py = _h5py()
    path = Path(file)
    if not path.exists():
        raise InputError("there is no such file", file=path)
    try:
        with h5py.File(path, "r") as source:
            if not isinstance(source.get("data"), h5py.Group) or not len(source["data"]):
                raise InputError("the file has no group of matrices called data, so it is not OMX", file=path)
            matrices = {str(n): _matrix(d, path, str(n)) for n, d in source["data"].items()}
            shapes = {m.shape for m in matrices.values()}
            if len(shapes) != 1:
                raise InputError("the matrices differ in shape", file=path, field="data")
            ids = _ids(source, path, mapping, next(iter(shapes))[0])
    except OSError as e:
        raise InputError("the file is not HDF5, so it is not OMX", file=path) from e
    if zone_ids is None:
        return matrices, ids
    place = {str(z): k for k, z in enumerate(zone_ids)}
    to = np.array([place.get(i, -1) for i in ids], dtype=np.int64)
    known = to >= 0
    out: dict[str, F64] = {}
    for name, m in matrices.items():
        lost = float(m.sum() - m[np.ix_(known, known)].sum())
        if lost > 0:
            first = ids[int(np.flatnonzero(~known)[0])]
            raise InputError(
                f"{lost:.6g} trips are of zones that the city lacks, such as {first}", file=path, field=name
            )
        full = np.zeros((len(zone_ids), len(zone_ids)))
        full[np.ix_(to[known], to[known])] = m[np.ix_(known, known)]
        out[name] = full
    return out, tuple(str(z) for z in zone_ids)


def _h5py() -> ModuleType:
    try:
        import h5py
    except ImportError as e:
        raise ShaarError("OMX files need the optional package h5py: pip install 'shaar[omx]'") from e
    module: ModuleType = h5py
    return module


def _matrix(dataset: object, path: Path, name: str) -> F64:
    shape: tuple[int, ...] = getattr(dataset, "shape", ())
    dtype = getattr(dataset, "dtype", np.dtype(object))
    if len(shape) != 2 or shape[0] != shape[1] or dtype.kind not in "iuf":
        raise InputError("it is not a square matrix of numbers", file=path, field=name)
    values = np.asarray(dataset, dtype=np.float64)
    bad = np.argwhere(~(np.isfinite(values) & (values >= 0)))
    if len(bad):
        raise InputError(f"row {bad[0][0]}, column {bad[0][1]} is negative or not a number", file=path, field=name)
    return values


def _ids(source: Mapping[str, Mapping[str, object]], path: Path, mapping: str | None, z: int) -> tuple[str, ...]:
    lookup = source.get("lookup")
    names = list(lookup) if lookup is not None else []
    if mapping is None:
        if len(names) > 1:
            raise InputError(f"the file has several lookups ({', '.join(names)}); say which", file=path, field="lookup")
        if not names:
            return tuple(str(k) for k in range(1, z + 1))
        mapping = names[0]
    if lookup is None or mapping not in names:
        raise InputError(f"the file has no such lookup; it has {', '.join(names) or 'none'}", file=path, field=mapping)
    raw = np.asarray(lookup[mapping])
    if raw.shape != (z,):
        raise InputError(f"the lookup has {raw.size} ids for {z} zones", file=path, field=mapping)
    ids = tuple(i.decode() if isinstance(i, bytes) else str(i) for i in raw.tolist())
    if len(set(ids)) != z:
        raise InputError("an id stands in the lookup twice", file=path, field=mapping)
    return ids
