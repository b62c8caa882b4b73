"""Tables in and out: observed trips, counts, OMX; bad rows are refused with file, line and field."""

from __future__ import annotations

import builtins

import numpy as np
import pytest
import shapely

from shaar.engine.demand.counts import mean_counts, read_counts
from shaar.engine.demand.od_table import read_od_table
from shaar.engine.demand.omx import read_omx, write_omx
from shaar.engine.errors import InputError, ShaarError

IDS = ("a", "b", "c")
SQUARES = [shapely.to_wkb(shapely.box(x, 0, x + 1, 1)) for x in (0, 1, 2)]
HOURS = {"am_peak": 3.0}
HEADER = "station,link_id,stop_id,direction,period,vehicles,date,unit\n"


def put(tmp_path, text: str, name: str = "t.csv"):
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    return file


def test_observed_trips_by_zone_purpose_and_period(tmp_path):
    file = put(
        tmp_path, "from,to,purpose,period,trips,weight\na,b,work,am_peak,2,10\na,b,work,am_peak,1,5\nc,a,,,3,1\n"
    )
    t = read_od_table(file, IDS)
    assert t.rows == 3
    assert set(t.matrices) == {("work", "am_peak"), ("", "")}
    assert t.matrices["work", "am_peak"][0, 1] == 25
    assert t.total[2, 0] == 3
    assert t.total.sum() == 28
    assert t.outside == 0


def test_observed_trips_by_coordinates_count_where_they_fall(tmp_path):
    file = put(
        tmp_path,
        "from_lon,from_lat,to_lon,to_lat,weight\n0.5,0.5,2.5,0.5,4\n1.0,0.5,1.5,0.5,2\n9,0.5,0.5,0.5,7\n",
    )
    t = read_od_table(file, IDS, SQUARES)
    assert t.total[0, 2] == 4
    assert t.total[0, 1] == 2  # on the border of the first two: the first
    assert t.outside == 7
    with pytest.raises(InputError, match="outlines"):
        read_od_table(file, IDS)


def test_single_records_count_one(tmp_path):
    assert read_od_table(put(tmp_path, "from,to\na,b\na,b\n"), IDS).total[0, 1] == 2


@pytest.mark.parametrize(
    ("text", "row", "field", "word"),
    [
        ("from,to,trips\na,b,1\na,x,2\n", 3, "to", "x is not a zone"),
        ("from,to,trips\n,b,1\n", 2, "from", "empty cell"),
        ("from,to,trips\na,b,many\n", 2, "trips", "many is not a number"),
        ("from,to,trips\na,b,1\na,b,-1\n", 3, "trips", "at least 0"),
        ("from,to,trips,weight\na,b,1,inf\n", 2, "weight", "inf is not"),
        ("from_lon,from_lat,to_lon,to_lat\n0.5,0.5,0.5,95\n", 2, "to_lat", "between -90 and 90"),
        ("from,trips\na,1\n", None, None, "needs from and to"),
        ("from,to\n", None, None, "no rows"),
        ("", None, None, "empty"),
    ],
)
def test_bad_rows_of_observed_trips_are_refused(tmp_path, text, row, field, word):
    file = put(tmp_path, text)
    with pytest.raises(InputError, match=word) as e:
        read_od_table(file, IDS, SQUARES)
    assert (e.value.row, e.value.field) == (row, field)
    assert str(file) in str(e.value)


def test_a_missing_table_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_od_table(tmp_path / "no.csv", IDS)
    with pytest.raises(InputError, match="no such file"):
        read_counts(tmp_path / "no.csv", HOURS)
    with pytest.raises(InputError, match="no such file"):
        read_omx(tmp_path / "no.omx")


def test_counts_are_read_and_averaged_over_days(tmp_path):
    file = put(
        tmp_path,
        HEADER
        + "Abay east,7,,forward,am_peak,600,2026-05-12,vehicles/h\n"
        + "Abay east,7,,forward,am_peak,2000,2026-05-13,vehicles\n"
        + "Vokzal,,S1,0,day,1500,2026-05-12,boardings\n",
    )
    counts = read_counts(file, HOURS, links=8)
    assert [c.value for c in counts] == [1800, 2000, 1500]
    assert counts[2].link_id is None
    assert counts[0].row == 2
    means = mean_counts(counts)
    assert means["link:7", "", "forward", "am_peak", "vehicles", "Abay east"] == (1900, 2)
    assert means["stop:S1", "", "0", "day", "boardings", "Vokzal"] == (1500, 1)


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (",7,,forward,day,5,2026-05-12,vehicles", "station"),
        ("x,,,forward,day,5,2026-05-12,vehicles", "link_id"),
        ("x,7,S1,forward,day,5,2026-05-12,vehicles", "link_id"),
        ("x,8,,forward,day,5,2026-05-12,vehicles", "link_id"),
        ("x,7b,,forward,day,5,2026-05-12,vehicles", "link_id"),
        ("x,7,,north,day,5,2026-05-12,vehicles", "direction"),
        ("x,7,,both,noon,5,2026-05-12,vehicles", "period"),
        ("x,7,,both,day,five,2026-05-12,vehicles", "vehicles"),
        ("x,7,,both,day,-5,2026-05-12,vehicles", "vehicles"),
        ("x,7,,both,day,nan,2026-05-12,vehicles", "vehicles"),
        ("x,7,,both,day,5,12.05.2026,vehicles", "date"),
        ("x,7,,both,day,5,2026-05-12,cars", "unit"),
        ("x,7,,both,day,5,2026-05-12", "unit"),
    ],
)
def test_bad_rows_of_counts_are_refused(tmp_path, line, field):
    file = put(tmp_path, HEADER + "ok,7,,both,day,5,2026-05-12,vehicles\n" + line + "\n")
    with pytest.raises(InputError) as e:
        read_counts(file, HOURS, links=8)
    assert (e.value.row, e.value.field, e.value.file) == (3, field, file)


def test_counts_without_a_column_are_refused(tmp_path):
    with pytest.raises(InputError, match="field unit: the column is missing"):
        read_counts(put(tmp_path, "station,direction,period,vehicles,date\n"), HOURS)


def test_omx_goes_out_and_comes_back(tmp_path):
    pytest.importorskip("h5py", reason="the extra omx is not installed")
    rng = np.random.default_rng(0)
    matrices = {"car_am": rng.uniform(0, 9, (3, 3)), "bus_am": rng.uniform(0, 9, (3, 3))}
    file = tmp_path / "demand.omx"
    write_omx(file, matrices, IDS)
    back, ids = read_omx(file)
    assert ids == IDS
    for name, m in matrices.items():
        np.testing.assert_array_equal(back[name], m)
    other, ids = read_omx(file, ("c", "d", "a", "b"))
    assert ids == ("c", "d", "a", "b")
    np.testing.assert_array_equal(other["car_am"][np.ix_([2, 3, 0], [2, 3, 0])], matrices["car_am"])
    assert not other["car_am"][1].any()
    with pytest.raises(InputError, match="zones that the city lacks, such as c"):
        read_omx(file, ("a", "b"))
    assert [p.name for p in tmp_path.iterdir()] == ["demand.omx"]


def test_omx_with_numbers_and_without_lookup(tmp_path):
    h5py = pytest.importorskip("h5py", reason="the extra omx is not installed")
    file = tmp_path / "n.omx"
    write_omx(file, {"m": np.eye(2)}, (101, 102), mapping="taz")
    assert read_omx(file, mapping="taz")[1] == ("101", "102")
    with h5py.File(file, "a") as f:
        assert f.attrs["OMX_VERSION"] == b"0.2"
        assert f.attrs["SHAPE"].tolist() == [2, 2]
        del f["lookup/taz"]
    assert read_omx(file)[1] == ("1", "2")


def test_omx_is_read_by_the_reference_library(tmp_path):
    omx = pytest.importorskip("openmatrix", reason="the reference reader is not installed")
    file = tmp_path / "r.omx"
    write_omx(file, {"m": np.arange(4.0).reshape(2, 2)}, (7, 9), mapping="taz")
    source = omx.open_file(str(file))
    try:
        assert source.list_matrices() == ["m"]
        assert source.shape() == (2, 2)
        assert source.mapping("taz") == {7: 0, 9: 1}
        np.testing.assert_array_equal(np.asarray(source["m"]), [[0, 1], [2, 3]])
    finally:
        source.close()


def test_bad_omx_is_refused(tmp_path):
    h5py = pytest.importorskip("h5py", reason="the extra omx is not installed")
    with pytest.raises(InputError, match="not HDF5"):
        read_omx(put(tmp_path, "hello", "x.omx"))
    file = tmp_path / "y.omx"
    with h5py.File(file, "w") as f:
        f["other"] = np.eye(2)
    with pytest.raises(InputError, match="no group of matrices"):
        read_omx(file)
    with h5py.File(file, "a") as f:
        f["data/m"] = np.ones((2, 3))
    with pytest.raises(InputError, match="field m: it is not a square"):
        read_omx(file)
    with h5py.File(file, "a") as f:
        del f["data/m"]
        f["data/m"] = np.array([[1.0, -1.0], [0, 0]])
    with pytest.raises(InputError, match="row 0, column 1 is negative"):
        read_omx(file)
    with pytest.raises(InputError, match=r"not \(2, 2\)"):
        write_omx(file, {"m": np.eye(3)}, (1, 2))
    with pytest.raises(InputError, match="no matrix"):
        write_omx(file, {}, (1, 2))
    with pytest.raises(InputError, match="cannot be called"):
        write_omx(file, {"a/b": np.eye(2)}, (1, 2))
    write_omx(tmp_path / "z.omx", {"m": np.eye(2)}, (5, 5))
    with pytest.raises(InputError, match="twice"):
        read_omx(tmp_path / "z.omx")
    with pytest.raises(InputError, match="no such lookup"):
        read_omx(tmp_path / "z.omx", mapping="taz")


def test_without_the_extra_one_sentence_says_what_to_install(tmp_path, monkeypatch):
    real = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name == "h5py":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(ShaarError, match=r"pip install 'shaar\[omx\]'"):
        write_omx(tmp_path / "x.omx", {"m": np.eye(1)}, (1,))
    assert not list(tmp_path.iterdir())
