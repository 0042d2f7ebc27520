#!/usr/bin/env python3
"""Tests of benches/page.py that need neither measurements nor matplotlib."""

import json
import os
import tempfile
import unittest
from pathlib import Path

import page


class Cells(unittest.TestCase):
    def test_a_duration_has_three_digits_and_its_unit(self):
        for nanoseconds, text in [(0.5, "0.50 ns"), (999.4, "999 ns"), (999.6, "1.00 µs"),
                                  (12_345, "12.3 µs"), (2.5e9, "2.50 s"), (1e13, "10000 s")]:
            self.assertEqual(page.duration(nanoseconds), text)

    def test_a_rate_follows_where_the_work_is_counted(self):
        self.assertEqual(page.with_rate(1e6, {"Bytes": 1 << 20}), "1.00 ms (1.05 GB/s)")
        self.assertEqual(page.with_rate(1e6, {"Elements": 100}), "1.00 ms (100 k/s)")
        self.assertEqual(page.with_rate(1e6, {"Elements": 1}), "1.00 ms")

    def test_numbers_in_names_are_sorted_by_value(self):
        self.assertEqual(sorted(["n-16", "n-2", "m-3"], key=page.natural), ["m-3", "n-2", "n-16"])

    def test_a_peer_has_its_ratio_and_an_incorrect_result_is_marked(self):
        cells = [{"library": "a", "value": 1000}, {"library": "b", "value": 2000},
                 {"library": "c", "value": None}]
        row = {"unit": "nanoseconds", "cells": cells}
        self.assertEqual([page.peer_cell(row, i) for i in range(3)],
                         ["1.00 µs", "2.00 µs (2.0)", "WRONG RESULT"])

    def test_an_empty_cell_keeps_the_columns_aligned(self):
        rows = [("x", {"one": "1"}), ("y", {"two": "2"})]
        self.assertEqual(page.table("name", page.columns_of(rows), rows),
                         "| name | one | two |\n| --- | ---: | ---: |\n"
                         "| x | 1 |  |\n| y |  | 2 |\n")


class Criterion(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.addCleanup(setattr, page, "TARGET", page.TARGET)
        page.TARGET = Path(self.folder.name)

    def write(self, name, median, modified, benchmark=True):
        new = page.TARGET / "criterion" / name / "new"
        new.mkdir(parents=True)
        (new / "estimates.json").write_text(
            json.dumps({"median": {"point_estimate": median}}))
        os.utime(new / "estimates.json", (modified, modified))
        if benchmark:
            (new / "benchmark.json").write_text(json.dumps(
                {"group_id": "abe", "function_id": name, "value_str": "50", "throughput": None}))

    def test_medians_are_grouped_and_files_of_earlier_runs_ignored(self):
        self.write("keygen", 7.0, modified=200)
        self.write("removed", 8.0, modified=50)
        self.write("interrupted", 9.0, modified=300, benchmark=False)
        self.assertEqual(page.criterion(100), ({"abe": {"keygen": {"50": (7.0, {})}}}, 200))

    def test_without_measurements_there_is_no_date(self):
        self.assertEqual(page.criterion(0), ({}, 0))
        page.PEERS, peers = page.TARGET / "peers.json", page.PEERS
        self.addCleanup(setattr, page, "PEERS", peers)
        self.assertIn("| measured |  |\n", page.head(0))


if __name__ == "__main__":
    unittest.main()
