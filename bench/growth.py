"""Time and peak memory as the data grow: extraction of 1 to 64 times the recordings and of 4 times the frames, and training
from disk on 1 to 64 times the samples. Prints a Markdown table; the recordings of run.sh must be there.

    python3 growth.py WORK REPOSITORY            WORK as given to run.sh
"""
import shutil, sys
from pathlib import Path

from rounds import LAUNCHER, copies, measure

BASE_RECORDINGS, BASE_SAMPLES = 3, 100


def row(what, figures, unit, count):
    print(f"| {what} | {figures['wall']:.1f} | {figures['cpu']:.1f} | {figures['cpu'] / count:.2f} a {unit} | {figures['peak_mb']} |", flush=True)


def main():
    work, root = Path(sys.argv[1]), Path(sys.argv[2])
    dll = lambda name: ["dotnet", next((root / "artifacts/bin" / name).glob(f"release_*/{name}.dll"))]
    gesto, bench = dll("Gesto.Cli"), dll("Gesto.Bench")
    out = work / "growth"
    print("| what | wall s | CPU s | CPU s | peak MB |\n|---|---|---|---|---|")

    def extract(what, data, count):
        shutil.rmtree(out / "features", ignore_errors=True)
        row(what, measure([*gesto, "extract", data, out / "features", "--radar", "frames"], env=LAUNCHER)[0], "recording", count)

    recordings = sorted((work / "data/train").glob("*/SAMPLE_*"))[:BASE_RECORDINGS]
    for times in (1, 4, 16, 64):
        copies(recordings, out / "data", times)
        extract(f"extract, {times} × {len(recordings)} recordings", out / "data", times * len(recordings))
    measure([*gesto, "simulate", out / "long", "--classes", 3, "--signers", 2, "--takes", 1, "--val-signers", 0, "--test-signers", 0,
             "--seed", 11, "--fps", 100, "--size", "640x480", "--radar-size", "512x512"])
    long = [out / "long/train" / r.parent.name / r.name for r in recordings]
    for times in (1, 4):
        copies(long, out / "data", times)
        extract(f"extract, {times} × {len(recordings)} recordings of 4 × the frames", out / "data", times * len(recordings))
    for times in (1, 4, 16, 64):
        shutil.rmtree(out / "run", ignore_errors=True)
        features = out / f"features-{times}"
        measure([*bench, "features", features, times * BASE_SAMPLES])
        figures, _ = measure([*gesto, "train", features, "--recipe", "source", "--run", out / "run", "--memory", "50MB",
                              "--set", "training.epochs=1", "--set", "training.validationFraction=0"], env=LAUNCHER)
        row(f"train from disk, an epoch of {times} × {BASE_SAMPLES} samples", figures, "sample", times * BASE_SAMPLES)
        shutil.rmtree(features)


if __name__ == "__main__":
    main()
