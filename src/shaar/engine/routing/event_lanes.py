"""Vector operations on rows of 64 one-byte labels, one label an origin; the event kernels are built from them.

numba widens small integers and loses most of what a wide register could do. These intrinsics state the vectors
directly; LLVM lowers them to whatever the machine has. Offsets count bytes in the flat array.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

#: Origins that travel together.
LANES = 64
_ROW = ir.VectorType(ir.IntType(8), LANES)
_COUNTS = ir.VectorType(ir.IntType(16), LANES)
_MASK = ir.IntType(LANES)
#: Most that a count can hold.
MOST_COUNT = 2**15 - 1


def aligned(rows: int, row_bytes: int) -> npt.NDArray[np.uint8]:
    """uint8[rows, row_bytes] not yet filled, on a 64-byte boundary so that no row of lanes crosses a cache line."""
    room = np.empty(rows * row_bytes + 64, dtype=np.uint8)
    shift = -room.ctypes.data % 64
    return room[shift : shift + rows * row_bytes].reshape(rows, row_bytes)


def _data(context: Any, builder: Any, kind: Any, array: Any) -> Any:
    return context.make_array(kind)(context, builder, array).data


def _at(builder: Any, data: Any, offset: Any) -> Any:
    return builder.bitcast(builder.gep(data, [offset]), _ROW.as_pointer())


def _load(builder: Any, data: Any, offset: Any) -> Any:
    return builder.load(_at(builder, data, offset), align=1)


def _most(builder: Any, a: Any, b: Any) -> Any:
    return builder.select(builder.icmp_unsigned(">", a, b), a, b)


@intrinsic
def rise(typingctx: Any, dst: Any, doff: Any, src: Any, soff: Any) -> Any:
    """``dst = max(dst, src)`` for one row."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        target = _data(context, builder, signature.args[0], args[0])
        source = _data(context, builder, signature.args[2], args[2])
        most = _most(builder, _load(builder, target, args[1]), _load(builder, source, args[3]))
        builder.store(most, _at(builder, target, args[1]), align=1)
        return context.get_dummy_value()

    return types.void(dst, types.intp, src, types.intp), generate


@intrinsic
def copy(typingctx: Any, dst: Any, doff: Any, src: Any, soff: Any) -> Any:
    """``dst = src`` for one row."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        source = _load(builder, _data(context, builder, signature.args[2], args[2]), args[3])
        builder.store(source, _at(builder, _data(context, builder, signature.args[0], args[0]), args[1]), align=1)
        return context.get_dummy_value()

    return types.void(dst, types.intp, src, types.intp), generate


@intrinsic
def rise_all(typingctx: Any, dst: Any, doff: Any, src: Any, soff: Any, rows: Any, lo: Any, hi: Any) -> Any:
    """``dst = max(dst, src[soff + 64 rows[e]])`` over the entries ``lo <= e < hi`` of a list of row numbers."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        target = _data(context, builder, signature.args[0], args[0])
        source = _data(context, builder, signature.args[2], args[2])
        index = _data(context, builder, signature.args[4], args[4])
        intp = args[1].type
        best = cgutils.alloca_once(builder, _ROW)
        builder.store(_load(builder, target, args[1]), best)
        with cgutils.for_range_slice(builder, args[5], args[6], ir.Constant(intp, 1)) as (e, _):
            row = builder.sext(builder.load(builder.gep(index, [e])), intp)
            offset = builder.add(args[3], builder.mul(row, ir.Constant(intp, LANES)))
            builder.store(_most(builder, builder.load(best), _load(builder, source, offset)), best)
        builder.store(builder.load(best), _at(builder, target, args[1]), align=1)
        return context.get_dummy_value()

    return types.void(dst, types.intp, src, types.intp, rows, types.intp, types.intp), generate


def _compared(sign: str, a: Any, b: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        one = _load(builder, _data(context, builder, signature.args[0], args[0]), args[1])
        two = _load(builder, _data(context, builder, signature.args[2], args[2]), args[3])
        return builder.bitcast(builder.icmp_unsigned(sign, one, two), _MASK)

    return types.uint64(a, types.intp, b, types.intp), generate


@intrinsic
def above(typingctx: Any, a: Any, aoff: Any, b: Any, boff: Any) -> Any:
    """Bit ``l`` of the answer says whether lane ``l`` of row a is greater than that of row b."""
    return _compared(">", a, b)


@intrinsic
def differs(typingctx: Any, a: Any, aoff: Any, b: Any, boff: Any) -> Any:
    """Bit ``l`` of the answer says whether lane ``l`` differs between the two rows."""
    return _compared("!=", a, b)


def _counts(context: Any, builder: Any, kind: Any, array: Any, offset: Any) -> Any:
    data = builder.gep(_data(context, builder, kind, array), [offset])
    return builder.bitcast(data, _COUNTS.as_pointer())


@intrinsic
def count_in(typingctx: Any, total: Any, now: Any, rows: Any, off: Any) -> Any:
    """``now += rows[off : off + 64]``, which become zero, and ``total += now`` (16-bit counts)."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        start = ir.Constant(args[3].type, 0)
        places = [(0, start), (1, start), (2, args[3])]
        so_far, current, here = [_counts(context, builder, signature.args[k], args[k], at) for k, at in places]
        count = builder.add(builder.load(current, align=2), builder.load(here, align=2))
        builder.store(count, current, align=2)
        builder.store(ir.Constant(_COUNTS, None), here, align=2)
        builder.store(builder.add(builder.load(so_far, align=2), count), so_far, align=2)
        return context.get_dummy_value()

    return types.void(total, now, rows, types.intp), generate


@intrinsic
def over(typingctx: Any, total: Any, limit: Any) -> Any:
    """Bit ``l`` of the answer says whether the count of lane ``l`` is greater than the limit."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        here = _counts(context, builder, signature.args[0], args[0], ir.Constant(ir.IntType(64), 0))
        empty = ir.Constant(_COUNTS, ir.Undefined)
        zero = ir.Constant(ir.IntType(32), 0)
        first = builder.insert_element(empty, args[1], zero)
        limits = builder.shuffle_vector(first, empty, ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES))
        return builder.bitcast(builder.icmp_signed(">", builder.load(here, align=2), limits), _MASK)

    return types.uint64(total, types.int16), generate


@intrinsic
def lowest(typingctx: Any, mask: Any) -> Any:
    """Number of the lowest bit that is set (the mask must not be zero)."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.uint64(types.uint64), generate
