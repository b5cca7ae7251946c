#!/usr/bin/env python3
"""Writes icc_pingouin.json: random rating tables with missing values and what pingouin.intraclass_corr
says of them. Needs numpy, pandas and pingouin (0.6 or newer, whose rows are called ICC(1,1), ICC(A,1), ...).

    python icc_pingouin.py ../icc_pingouin.json
"""
import json
import platform
import sys

import numpy
import pandas
import pingouin
import scipy

# The rows of pingouin in the names of Shrout and Fleiss.
FORMS = {"ICC(1,1)": "ICC(1,1)", "ICC(A,1)": "ICC(2,1)", "ICC(C,1)": "ICC(3,1)",
         "ICC(1,k)": "ICC(1,k)", "ICC(A,k)": "ICC(2,k)", "ICC(C,k)": "ICC(3,k)"}

pingouin.options["round.column.CI95"] = None  # pingouin rounds the limits to two digits otherwise


def table(rng, targets, raters, truth, noise, bias, offset, grades, missing):
    """Ratings: a common truth per target, a bias per rater and noise; whole grades 0 to 5 when asked."""
    ratings = (offset + truth * rng.normal(size=(targets, 1)) + bias * rng.normal(size=(1, raters))
               + noise * rng.normal(size=(targets, raters)))
    if grades:
        ratings = numpy.clip(numpy.round(ratings), 0, 5)
    ratings[rng.random((targets, raters)) < missing] = numpy.nan
    return numpy.round(ratings, 4)


def expected(ratings):
    targets, raters = ratings.shape
    frame = pandas.DataFrame({
        "target": numpy.repeat(numpy.arange(targets), raters),
        "rater": numpy.tile(numpy.arange(raters), targets),
        "rating": ratings.ravel(),
    })
    rows = pingouin.intraclass_corr(frame, "target", "rater", "rating", nan_policy="omit")
    return [{"form": FORMS[row["Type"]], "value": float(row["ICC"]), "f": float(row["F"]),
             "df1": float(row["df1"]), "df2": float(row["df2"]), "p": float(row["pval"]),
             "lower": float(row["CI95"][0]), "upper": float(row["CI95"][1])}
            for _, row in rows.iterrows()]


def main(path):
    rng = numpy.random.default_rng(1979)
    kinds = [
        # targets, raters, truth, noise, bias, offset, grades, missing
        (6, 4, 2.0, 1.0, 2.0, 5.0, False, 0.0),
        (12, 2, 1.0, 0.5, 0.0, 0.0, False, 0.1),
        (40, 2, 1.5, 0.7, 0.3, 1.0, True, 0.2),
        (150, 2, 1.5, 0.7, 0.0, 0.0, True, 0.05),
        (25, 3, 1.0, 1.0, 1.0, 2.0, False, 0.1),
        (30, 5, 1.0, 2.0, 0.5, 1000.0, False, 0.05),
        (20, 2, 0.0, 1.0, 0.0, 0.0, False, 0.1),
        (5, 3, 1.0, 0.1, 3.0, 2.0, False, 0.0),
        (60, 7, 1.2, 0.8, 0.2, 2.0, True, 0.03),
    ]
    tables = []
    for kind in kinds:
        for _ in range(2):
            ratings = table(rng, *kind)
            tables.append({
                "targets": ratings.shape[0],
                "raters": ratings.shape[1],
                "missing_targets": int(numpy.isnan(ratings).any(axis=1).sum()),
                "ratings": [None if numpy.isnan(r) else float(r) for r in ratings.ravel()],
                "forms": expected(ratings),
            })
    result = {
        "made_by": "tests/golden/generate/icc_pingouin.py",
        "versions": {"python": platform.python_version(), "numpy": numpy.__version__,
                     "pandas": pandas.__version__, "scipy": scipy.__version__,
                     "pingouin": pingouin.__version__},
        "tables": tables,
    }
    with open(path, "w", encoding="ascii") as file:
        file.write("{\n")
        file.write(f'"made_by": {json.dumps(result["made_by"])},\n')
        file.write(f'"versions": {json.dumps(result["versions"])},\n"tables": [\n')
        file.write(",\n".join(json.dumps(t, allow_nan=False) for t in tables))
        file.write("\n]\n}\n")


if __name__ == "__main__":
    main(sys.argv[1])
