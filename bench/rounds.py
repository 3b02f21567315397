"""One round of run.sh: every measurement once, ours and the peer's in turn, one JSON line each into WORK/rounds.jsonl.

    python3 rounds.py WORK REPOSITORY ROUND

Beside wall seconds a line has the CPU seconds of the command with its children, its peak memory, and how much of the machine
others took meanwhile: a disturbed measurement is repeated, and marked where it stays so.
"""
import json, os, shutil, subprocess, sys, time
from pathlib import Path

CORES = os.cpu_count()
LAUNCHER = dict(os.environ, GLIBC_TUNABLES="glibc.malloc.hugetlb=1", DOTNET_GCgen0size="0x800000")  # what ./gesto sets
DISTURBED = 0.10  # of the machine's time, taken by others
TRIES = 3
MANY = 16  # times the recordings


def copies(recordings, folder, times):
    """The recordings so many times over, as links under new numbers."""
    shutil.rmtree(folder, ignore_errors=True)
    for copy in range(times):
        for number, sample in enumerate(recordings):
            name = f"SAMPLE_{copy * len(recordings) + number}"
            target = folder / "train" / sample.parent.name / name
            target.mkdir(parents=True)
            for file in sample.iterdir():
                (target / file.name.replace(sample.name, name)).symlink_to(file.resolve())


def busy_seconds():
    fields = [int(n) for n in Path("/proc/stat").read_text().split("\n")[0].split()[1:]]
    idle = fields[3] + fields[4]
    return (sum(fields[:8]) - idle) / os.sysconf("SC_CLK_TCK")


def measure(command, **options):
    """(seconds and memory of the whole command, its standard output)"""
    busy, begin = busy_seconds(), time.perf_counter()
    child = subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, **options)
    output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - begin
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\nended with {child.returncode}")
    cpu = usage.ru_utime + usage.ru_stime
    others = max(0.0, busy_seconds() - busy - cpu) / (wall * CORES)
    return dict(wall=round(wall, 3), cpu=round(cpu, 3), peak_mb=usage.ru_maxrss // 1024, others=round(others, 3)), output.decode()


def main():
    work, root, number = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    log = work / "rounds.jsonl"
    done = {(line["round"], line["name"]) for line in map(json.loads, log.read_text().splitlines())} if log.exists() else set()
    dll = lambda name: ["dotnet", next((root / "artifacts/bin" / name).glob(f"release_*/{name}.dll"))]
    gesto, bench = dll("Gesto.Cli"), dll("Gesto.Bench")
    peer = lambda script: ["/usr/bin/python3", root / "bench/peer" / script]
    weights = max(Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"), "gesto").glob("resnet50-*.safetensors"), key=os.path.getmtime)
    sample = next((work / "data/train").glob("*/SAMPLE_*"))
    out = work / "out"

    def extract(*options, data=work / "data", radar="source"):
        def command():
            shutil.rmtree(out / "features", ignore_errors=True)
            return [*gesto, "extract", data, out / "features", "--radar", radar, *options]
        return command

    # Ours alone: what the start-up, and INT8's calibration, leave of the encoder's rate shows on more recordings than the slow peer
    # has time for. The peer has hardly a start-up: its rate on six is its rate on more.
    many = work / "many"
    if not many.exists():
        copies(sorted((work / "data/train").glob("*/SAMPLE_*")), many, MANY)

    def keep(name):
        shutil.rmtree(work / name, ignore_errors=True)
        shutil.copytree(out / "features", work / name)

    def train(threads):
        """Epochs of `source`; the seconds of each are in the run's log."""
        def command():
            shutil.rmtree(out / "run", ignore_errors=True)
            return [*gesto, "train", work / "random-features", "--recipe", "source", "--run", out / "run", "--threads", threads,
                    "--set", "training.epochs=4", "--set", "training.validationFraction=0"]
        return command

    def epochs():
        return dict(epoch_seconds=[json.loads(line)["seconds"] for line in (out / "run/log.jsonl").read_text().splitlines()])

    mpirun = ["mpirun", "-n", CORES, "--allow-run-as-root", "--oversubscribe", "--bind-to", "none"]
    peer_extract = lambda name, *options: [*peer("extract.py"), work / "data", work / name, "--weights", weights, *options]
    ranges = work / "ours-int8/rgb/encoder.safetensors"
    steps = [
        ("flops", lambda: [work / "flops", CORES, 2], None),
        ("extract", extract(), lambda: keep("ours")),
        ("extract many", extract(data=many), None),
        ("extract frames many", extract(data=many, radar="frames"), None),
        ("extract peer", lambda: peer_extract("peer"), None),
        ("extract int8", extract("--precision", "int8"), lambda: keep("ours-int8")),
        ("extract int8 many", extract("--precision", "int8", data=many), None),
        ("extract peer tuned", lambda: peer_extract("peer-tuned", "--tuned"), None),
        ("encoder", lambda: [*bench, "encoder", work / "data", 4], None),
        ("encoder int8", lambda: [*bench, "encoder", work / "data", 4, ranges], None),
        ("encoder peer tuned", lambda: peer_extract("peer", "--tuned", "--encoder-only", 4), None),
        ("train loop", lambda: [*bench, "loop", work / "random-features", out], None),
        ("train one process", train(CORES), epochs),
        ("train a rank a core", lambda: [*mpirun, *train(1)()], epochs),
        ("train peer", lambda: [*peer("train.py"), work / "random-features", "--epochs", 2], None),
        ("predict warm", lambda: [*bench, "predict", work / "run", sample, 20], None),
        *[(f"predict cold {i}", lambda: [*gesto, "predict", work / "run", sample, "--json"], None) for i in (1, 2, 3)],
    ]
    out.mkdir(exist_ok=True)
    for name, command, after in steps:
        if (number, name) in done:
            continue
        for _ in range(TRIES):
            figures, output = measure(command(), env=os.environ if "peer" in name else LAUNCHER)
            if figures["others"] <= DISTURBED:
                break
        told = after() if after else None
        try:
            said = told or json.loads(output.strip().splitlines()[-1]) if not name.startswith("predict cold") else None
        except (IndexError, json.JSONDecodeError):
            said = None
        with log.open("a") as file:
            file.write(json.dumps(dict(round=number, name=name, **figures, said=said)) + "\n")
        print(f"round {number}: {name}: {figures['wall']} s" + (" (disturbed)" if figures["others"] > DISTURBED else ""), file=sys.stderr)


if __name__ == "__main__":
    main()
