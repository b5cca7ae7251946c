"""Trained weights on faces that they have not learned from: evaluate says what train_au said of the same faces."""
import json
import shutil

from harness import FACES, FEW, check, refuses, run

FACES_ONLY = FEW[:-2]  # without the batch, which is of trainings


def same(found, expected):
    """Whether two columns of metrics.json agree but for the last digits: an evaluation folds the batch norms."""
    return found.keys() == expected.keys() and all(
        (found[au] is None) == (value is None) and (value is None or abs(found[au] - value) < 2e-3)
        for au, value in expected.items())


def metrics(folder):
    return json.loads((folder / "metrics.json").read_text())


def on_synthetic_faces(folder, trained):
    process = run("evaluate", "--weights", trained / "calibrated.safetensors", "--mirror", "--output", folder, *FACES_ONLY)
    check(process.returncode == 0 and "8 images of 4 people" in process.stdout, "evaluate measures on synthetic faces",
          process)
    check("AU26" in process.stdout and "  from" in process.stdout and "RMSE" in process.stdout and
          "95 % intervals" in process.stdout, "it prints a table as the papers do, with intervals")
    for measure in ("icc", "mse", "rmse"):
        check(same(metrics(folder)[measure], metrics(trained)[measure]), f"its {measure} is that of train_au")
    check("RMSE low" in (folder / "intervals.csv").read_text() and (folder / "aus.csv").read_text().startswith("AU,\"ICC(3,1)\",MSE"),
          "it writes its tables")


def on_disfa(folder, landmark_weights):
    run_folder = folder / "run"
    weights = [run_folder / f"fold {k}" / "best.safetensors" for k in (1, 2, 3)]
    data = ["--dataset", "disfa", "--root", folder / "set", "--landmarks", folder / "openface", "--cache",
            run_folder / "faces"]
    process = run("evaluate", "--weights", *weights, *data, "--output", folder / "all")
    check(process.returncode == 0 and "30 images of 3 people" in process.stdout, "each fold's weights see its own people",
          process)
    check(same(metrics(folder / "all")["mse"], metrics(run_folder)["mse"]), "and one table is over the answers of all")
    process = run("evaluate", "--weights", weights[1], *data, "--fold", 2, "--output", folder / "one")
    check(process.returncode == 0 and same(metrics(folder / "one")["mse"], metrics(run_folder / "fold 2")["mse"]),
          "one fold can be evaluated alone", process)
    process = run("evaluate", "--weights", weights[0], *FACES_ONLY)
    check(process.returncode == 0 and "left out, not answered by the weights: AU10, AU14" in process.stdout and
          "AU26" in process.stdout, "AUs that the weights lack are left out, and named", process)

    refuses("two files for three folds", "one file for each of 3 folds", "evaluate", "--weights", *weights[:2], *data)
    refuses("weights of another fold", "has learned from the people of fold 1", "evaluate", "--weights", weights[1],
            weights[0], weights[2], *data)
    refuses("weights of a fold for all people", "has learned from the people of fold 1", "evaluate", "--weights",
            weights[1], *data)
    refuses("a file that is not there", "does not exist", "evaluate", "--weights", weights[0], folder / "fold 2", *data)
    refuses("weights of landmarks", "holds a landmark network", "evaluate", "--weights", landmark_weights, *data)
    refuses("to cut out faces it knows not where to", "--cache, or --output", "evaluate", "--weights", weights[0],
            *data[:-2])
    others = folder / "others"
    others.mkdir()
    for suffix in (".jpg", ".pts"):
        shutil.copy((FACES / "loc_1").with_suffix(suffix), others)
    (others / "labels.csv").write_text("file,AU10,AU14\nloc_1.jpg,1,2\n")
    refuses("labels of other AUs", "no AU is in both", "evaluate", "--weights", weights[0], "--folder", others, "--all")
    (others / "labels.csv").write_text("file,AU10,AU12\nloc_1.jpg,1,2\n")
    process = run("evaluate", "--weights", weights[0], "--folder", others, "--all", "--output", folder / "folder")
    check(process.returncode == 0 and list(metrics(folder / "folder")["mse"]) == ["AU12", "mean"] and
          not (folder / "folder" / "intervals.csv").exists(), "a folder of one picture has no intervals", process)


def on_aff_wild2(folder):
    data = ["--dataset", "aff-wild2", "--root", folder / "set", "--landmarks", folder / "openface", "--cache",
            folder / "run" / "faces"]
    process = run("evaluate", "--weights", folder / "run" / "calibrated.safetensors", *data, "--output", folder / "out")
    check(process.returncode == 0 and "16 images of 2 people" in process.stdout and "F1" in process.stdout and
          "ICC" not in process.stdout, "evaluate measures F1 where labels are occurrences", process)
    for measure in ("f1", "precision", "recall", "accuracy"):
        check(same(metrics(folder / "out")[measure], metrics(folder / "run")[measure]),
              f"its {measure} is that of train_au")
    process = run("evaluate", "--weights", folder / "run" / "best.safetensors", *data, "--threshold", 0,
                  "--output", folder / "always")
    check(process.returncode == 0 and metrics(folder / "always")["recall"]["mean"] == 1, "at threshold 0 every AU is there",
          process)
