"""Five vector operations on rows of 16-bit minutes, 32 values at a time; all else in the search is built from them.

numba widens 16-bit sums to 64 bits, and so loses most of what a wide register could do (measured: 12 times on an
all-pairs run of 127 nodes). These intrinsics state the vectors directly; LLVM lowers them to whatever the machine has.
Rows are padded to `LANES` values. Offsets count values in the flattened array.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

LANES = 32
_VECTOR = ir.VectorType(ir.IntType(16), LANES)
_FLOATS = ir.VectorType(ir.FloatType(), LANES)


def padded(n: int) -> int:
    """The row length that holds ``n`` values in whole vectors."""
    return (n + LANES - 1) // LANES * LANES


def aligned(rows: int, cols: int, dtype: Any) -> npt.NDArray[Any]:
    """A C-ordered array on a 64-byte boundary, so that no vector crosses a cache line."""
    size = np.dtype(dtype).itemsize
    room = np.zeros(rows * cols * size + 64, dtype=np.uint8)
    shift = -room.ctypes.data % 64
    return room[shift : shift + rows * cols * size].view(dtype).reshape(rows, cols)


def _splat(builder: Any, value: Any) -> Any:
    empty = ir.Constant(_VECTOR, ir.Undefined)
    first = builder.insert_element(empty, value, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(first, empty, ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES))


def _least(builder: Any, a: Any, b: Any) -> Any:
    return builder.select(builder.icmp_signed("<", a, b), a, b)


def _row(context: Any, builder: Any, kind: Any, array: Any, offset: Any) -> Any:
    return builder.gep(context.make_array(kind)(context, builder, array).data, [offset])


def _at(builder: Any, row: Any, block: Any, vector: Any) -> Any:
    offset = builder.mul(block, ir.Constant(block.type, LANES))
    return builder.bitcast(builder.gep(row, [offset]), vector.as_pointer())


def _load(builder: Any, pointer: Any) -> Any:
    return builder.load(pointer, align=2)


@intrinsic
def relax(typingctx: Any, dst: Any, doff: Any, src: Any, soff: Any, add: Any, blocks: Any) -> Any:
    """``dst = min(dst, src + add)`` over ``blocks`` vectors."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        target = _row(context, builder, signature.args[0], args[0], args[1])
        source = _row(context, builder, signature.args[2], args[2], args[3])
        more = _splat(builder, args[4])
        with cgutils.for_range(builder, args[5]) as loop:
            here = _at(builder, target, loop.index, _VECTOR)
            there = _load(builder, _at(builder, source, loop.index, _VECTOR))
            builder.store(_least(builder, builder.add(there, more), _load(builder, here)), here, align=2)
        return context.get_dummy_value()

    return types.void(dst, types.intp, src, types.intp, types.int16, types.intp), generate


@intrinsic
def carry(typingctx: Any, dst: Any, doff: Any, src: Any, soff: Any, add: Any, blocks: Any) -> Any:
    """``dst = min(dst, src) + add``: those aboard and those who board at a stop ride on to the next."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        target = _row(context, builder, signature.args[0], args[0], args[1])
        source = _row(context, builder, signature.args[2], args[2], args[3])
        more = _splat(builder, args[4])
        with cgutils.for_range(builder, args[5]) as loop:
            here = _at(builder, target, loop.index, _VECTOR)
            there = _load(builder, _at(builder, source, loop.index, _VECTOR))
            builder.store(builder.add(_least(builder, there, _load(builder, here)), more), here, align=2)
        return context.get_dummy_value()

    return types.void(dst, types.intp, src, types.intp, types.int16, types.intp), generate


@intrinsic
def shifted(typingctx: Any, dst: Any, doff: Any, src: Any, soff: Any, add: Any, blocks: Any) -> Any:
    """``dst = src + add`` over ``blocks`` vectors."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        target = _row(context, builder, signature.args[0], args[0], args[1])
        source = _row(context, builder, signature.args[2], args[2], args[3])
        more = _splat(builder, args[4])
        with cgutils.for_range(builder, args[5]) as loop:
            there = _load(builder, _at(builder, source, loop.index, _VECTOR))
            builder.store(builder.add(there, more), _at(builder, target, loop.index, _VECTOR), align=2)
        return context.get_dummy_value()

    return types.void(dst, types.intp, src, types.intp, types.int16, types.intp), generate


@intrinsic
def gain(typingctx: Any, dst: Any, doff: Any, new: Any, noff: Any, old: Any, ooff: Any, blocks: Any) -> Any:
    """``dst = min(dst, new - old)`` over ``blocks`` vectors: below zero where anything got better."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        target = _row(context, builder, signature.args[0], args[0], args[1])
        fresh = _row(context, builder, signature.args[2], args[2], args[3])
        stale = _row(context, builder, signature.args[4], args[4], args[5])
        with cgutils.for_range(builder, args[6]) as loop:
            here = _at(builder, target, loop.index, _VECTOR)
            change = builder.sub(
                _load(builder, _at(builder, fresh, loop.index, _VECTOR)),
                _load(builder, _at(builder, stale, loop.index, _VECTOR)),
            )
            builder.store(_least(builder, change, _load(builder, here)), here, align=2)
        return context.get_dummy_value()

    return types.void(dst, types.intp, new, types.intp, old, types.intp, types.intp), generate


@intrinsic
def weighted(typingctx: Any, weight: Any, woff: Any, row: Any, roff: Any, blocks: Any) -> Any:
    """``sum(weight * row)``, weights and sum in 32-bit floats."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        weights = _row(context, builder, signature.args[0], args[0], args[1])
        values = _row(context, builder, signature.args[2], args[2], args[3])
        total = cgutils.alloca_once(builder, _FLOATS)
        builder.store(ir.Constant(_FLOATS, [0.0] * LANES), total)
        with cgutils.for_range(builder, args[4]) as loop:
            value = builder.sitofp(_load(builder, _at(builder, values, loop.index, _VECTOR)), _FLOATS)
            factor = builder.load(_at(builder, weights, loop.index, _FLOATS), align=4)
            builder.store(builder.fadd(builder.load(total), builder.fmul(value, factor)), total)
        parts = builder.load(total)
        width = LANES
        while width > 1:  # fold the upper half onto the lower: a fixed order, so the sum is the same everywhere
            width //= 2
            mask = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [(k + width) % LANES for k in range(LANES)])
            parts = builder.fadd(parts, builder.shuffle_vector(parts, parts, mask))
        return builder.extract_element(parts, ir.Constant(ir.IntType(32), 0))

    return types.float32(weight, types.intp, row, types.intp, types.intp), generate
