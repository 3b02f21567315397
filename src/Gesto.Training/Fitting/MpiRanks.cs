using System.Collections;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Gesto.Training.Fitting;

/// <summary>The ranks of an MPI job, over the machine's Open MPI. No MPI library is touched in a process that was
/// started alone.</summary>
/// <remarks>Open MPI's handles are addresses of symbols that it exports, and its plugins look for its symbols in the
/// global scope: hence dlopen with RTLD_GLOBAL. Other MPIs have other handles, and are refused. Source: MPI 3.1; Open
/// MPI 4.1's mpi.h.</remarks>
public sealed class MpiRanks : IRanks
{
    private const int Lazy = 1;
    private const int Global = 0x100;
    private const nint InPlace = 1;
    private const int FromFirstThread = 1; // MPI_THREAD_FUNNELED

    private static readonly string[] Libraries = ["libmpi.so.40", "libmpi.so.12", "libmpi.so"];

    private readonly nint world;
    private readonly nint single;
    private readonly nint twice;
    private readonly nint add;

    /// <exception cref="IOException">No Open MPI here.</exception>
    private MpiRanks()
    {
        nint library = Open();
        if (!NativeLibrary.TryGetExport(library, "ompi_mpi_comm_world", out world))
            throw new IOException(
                "The MPI library here is not Open MPI, the only one that Gesto speaks with. Install it (Debian/Ubuntu: sudo apt install "
                    + "openmpi-bin, on a cluster: module load openmpi) and start the job with its mpirun."
            );
        single = NativeLibrary.GetExport(library, "ompi_mpi_float");
        twice = NativeLibrary.GetExport(library, "ompi_mpi_double");
        add = NativeLibrary.GetExport(library, "ompi_mpi_op_sum");
        NativeLibrary.SetDllImportResolver(typeof(MpiRanks).Assembly, (name, _, _) => name == "mpi" ? library : 0);
        Check(Initialise(0, 0, FromFirstThread, out _), "MPI_Init_thread");
        Check(CommRank(world, out int rank), "MPI_Comm_rank");
        Check(CommSize(world, out int count), "MPI_Comm_size");
        (Rank, Count) = (rank, count);
    }

    public int Rank { get; }

    public int Count { get; }

    // srun binds each to its own cores
    public int CountHere => Number("OMPI_COMM_WORLD_LOCAL_SIZE", Environment.GetEnvironmentVariables()) ?? 1;

    public int RankHere => PlaceHere(Environment.GetEnvironmentVariables());

    /// <summary>Joins the job that this process was started in by mpirun or srun; once a process, on its first
    /// thread.</summary>
    /// <exception cref="IOException">It was started as one of several, and cannot reach the others.</exception>
    public static IRanks Join()
    {
        int started = Started(Environment.GetEnvironmentVariables());
        if (started == 1)
            return new SingleRank();
        var ranks = new MpiRanks();
        if (ranks.Count == started)
            return ranks;
        int found = ranks.Count;
        ranks.Dispose();
        throw new IOException(
            string.Create(
                CultureInfo.InvariantCulture,
                $"This is one of {started} processes started together, and MPI sees {found} of them. With Slurm start them by 'srun --mpi=pmix', "
            ) + "or by the mpirun of the Open MPI that is installed here."
        );
    }

    /// <returns>How many processes were started together, as mpirun or srun says in the environment.</returns>
    internal static int Started(IDictionary environment) =>
        Number("OMPI_COMM_WORLD_SIZE", environment) ?? Number("SLURM_STEP_NUM_TASKS", environment) ?? 1;

    /// <returns>Which of the processes on this machine this is, as mpirun or srun says in the environment.</returns>
    internal static int PlaceHere(IDictionary environment) =>
        Number("OMPI_COMM_WORLD_LOCAL_RANK", environment, least: 0)
        ?? Number("SLURM_LOCALID", environment, least: 0)
        ?? 0;

    private static int? Number(string name, IDictionary environment, int least = 1) =>
        int.TryParse(environment[name] as string, NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            ? Math.Max(count, least)
            : null;

    public void Sum(Span<float> values) =>
        Check(
            AllReduce(InPlace, ref MemoryMarshal.GetReference(values), values.Length, single, add, world),
            "MPI_Allreduce"
        );

    public void Sum(Span<double> values) =>
        Check(
            AllReduce(InPlace, ref MemoryMarshal.GetReference(values), values.Length, twice, add, world),
            "MPI_Allreduce"
        );

    public void Barrier() => Check(WaitForAll(world), "MPI_Barrier");

    public void Abort(int exitCode) => _ = EndAll(world, exitCode);

    /// <summary>Leaves the job; waits for the others to do so.</summary>
    public void Dispose() => Check(Leave(), "MPI_Finalize");

    private static nint Open()
    {
        try
        {
            foreach (string name in Libraries)
                if (OpenLibrary(name, Lazy | Global) is not 0 and var library)
                    return library;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            // Not Linux.
        }
        throw new IOException(
            $"This is one of several processes started together, but Open MPI's library ({string.Join(", ", Libraries)}) cannot be opened. Install it "
                + "(Debian/Ubuntu: sudo apt install openmpi-bin, on a cluster: module load openmpi), or start one process alone."
        );
    }

    private static void Check(int result, string call)
    {
        if (result != 0)
            throw new IOException(string.Create(CultureInfo.InvariantCulture, $"{call} failed with code {result}."));
    }

    [DllImport(
        "libc.so.6",
        EntryPoint = "dlopen",
        CharSet = CharSet.Ansi,
        BestFitMapping = false,
        ThrowOnUnmappableChar = true
    )]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint OpenLibrary(string name, int flags);

    [DllImport("mpi", EntryPoint = "MPI_Init_thread")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Initialise(nint argumentCount, nint arguments, int wanted, out int provided);

    [DllImport("mpi", EntryPoint = "MPI_Comm_rank")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int CommRank(nint communicator, out int rank);

    [DllImport("mpi", EntryPoint = "MPI_Comm_size")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int CommSize(nint communicator, out int size);

    [DllImport("mpi", EntryPoint = "MPI_Allreduce")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int AllReduce(
        nint send,
        ref float receive,
        int count,
        nint type,
        nint operation,
        nint communicator
    );

    [DllImport("mpi", EntryPoint = "MPI_Allreduce")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int AllReduce(
        nint send,
        ref double receive,
        int count,
        nint type,
        nint operation,
        nint communicator
    );

    [DllImport("mpi", EntryPoint = "MPI_Barrier")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int WaitForAll(nint communicator);

    [DllImport("mpi", EntryPoint = "MPI_Abort")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int EndAll(nint communicator, int exitCode);

    [DllImport("mpi", EntryPoint = "MPI_Finalize")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Leave();
}
