using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Gesto.Cli.Tests.Cluster;

/// <summary>A real Slurm of one node with four cores: munged, slurmctld and slurmd of its own, in a folder and on ports
/// of its own. Nothing of it outlives the tests, and a Slurm of this machine is not touched.</summary>
public sealed class SlurmCluster : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private readonly Folder folder = new();
    private readonly List<Process> daemons = [];
    private Process? guardian;

    private string Configuration => folder["slurm.conf"];

    /// <summary>Starts it where that has not happened; skips the test where Slurm is not installed.</summary>
    public void Require()
    {
        if (daemons.Count > 0)
            return;
        if (!OperatingSystem.IsLinux())
            Assert.Skip("Slurm runs on Linux.");
        foreach (string program in new[] { "munged", "slurmctld", "slurmd", "sbatch" })
            if (PathOf(program) is null)
                Assert.Skip($"'{program}' is not installed (apt install slurmctld slurmd slurm-client munge).");
        foreach (string name in new[] { "state", "spool" })
            Directory.CreateDirectory(folder[name]);
        File.WriteAllBytes(folder["munge.key"], RandomNumberGenerator.GetBytes(128));
        string host = Environment.MachineName.Split('.')[0];
        int[] ports = FreePorts(2);
        File.WriteAllText(
            Configuration,
            $"""
            ClusterName=gesto
            SlurmctldHost={host}(127.0.0.1)
            SlurmUser={Environment.UserName}
            SlurmdUser={Environment.UserName}
            AuthType=auth/munge
            CredType=cred/munge
            # So long a requeued job waits; two minutes by default.
            AuthInfo=socket={folder["munge.sock"]},cred_expire=5
            SlurmctldPort={ports[0]}
            SlurmdPort={ports[1]}
            StateSaveLocation={folder["state"]}
            SlurmdSpoolDir={folder["spool"]}
            SlurmctldPidFile={folder["slurmctld.pid"]}
            SlurmdPidFile={folder["slurmd.pid"]}
            ProctrackType=proctrack/linuxproc
            TaskPlugin=task/none
            SchedulerType=sched/backfill
            SchedulerParameters=bf_interval=1,sched_interval=1
            SelectType=select/cons_tres
            SelectTypeParameters=CR_Core
            AccountingStorageType=accounting_storage/none
            JobAcctGatherType=jobacct_gather/none
            MpiDefault=none
            SwitchType=switch/none
            SlurmdParameters=config_overrides
            NodeName={host} NodeAddr=127.0.0.1 CPUs=4 RealMemory=16000 State=UNKNOWN
            PartitionName=main Nodes=ALL Default=YES MaxTime=01:00:00 State=UP

            """
        );
        guardian = Guard();
        // Forced: the key is as private as the folder around it, which munged does not look at.
        Daemon(
            "munged",
            "--force",
            "--foreground",
            "--key-file",
            folder["munge.key"],
            "--socket",
            folder["munge.sock"],
            "--pid-file",
            folder["munged.pid"],
            "--log-file",
            folder["munged.log"],
            "--seed-file",
            folder["munged.seed"]
        );
        Daemon("slurmctld", "-D", "-c", "-f", Configuration, "-L", folder["slurmctld.log"]);
        Daemon("slurmd", "-D", "-f", Configuration, "-N", host, "-L", folder["slurmd.log"]);
        Await(
            "the node to be idle",
            () => Run("sinfo", "--noheader", "--format=%T").Output.Trim() == "idle",
            pause: 100
        );
    }

    /// <summary>Runs a program against this cluster.</summary>
    public (int Exit, string Output, string Error) Run(string program, params string[] arguments)
    {
        using Process process = Start(program, arguments);
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }

    /// <summary>Runs Gesto itself; it must succeed.</summary>
    /// <returns>Its standard output.</returns>
    public string Gesto(params string[] arguments)
    {
        (int exit, string output, string error) = Run("dotnet", [GestoProgram.Path, .. arguments]);
        Assert.True(exit == 0, error);
        return output;
    }

    /// <summary>Waits until nothing is queued or running.</summary>
    public void AwaitEmptyQueue() =>
        Await(
            "the queue to be empty",
            () => Run("squeue", "--noheader") is (0, var jobs, _) && jobs.Trim().Length == 0,
            pause: 200
        );

    /// <param name="what">For the message where it never comes.</param>
    /// <param name="holds">Asked again and again.</param>
    /// <param name="pause">Between two questions, milliseconds; those to Slurm cost a process each.</param>
    public void Await(string what, Func<bool> holds, int pause = 10)
    {
        var clock = Stopwatch.StartNew();
        while (!holds())
        {
            if (clock.Elapsed > Patience)
                Assert.Fail(
                    $"Waited {Patience.TotalSeconds} s for {what}.\n{Run("squeue").Output}\n{Log("slurmctld.log")}\n{Log("slurmd.log")}\n{Log("munged.log")}"
                );
            Task.Delay(pause).Wait();
        }

        string Log(string name) =>
            File.Exists(folder[name]) ? string.Join('\n', File.ReadLines(folder[name]).TakeLast(15)) : $"{name}: none";
    }

    /// <summary>Kills with SIGKILL the process of this cluster whose command line ends so.</summary>
    public void Kill(string commandLineEnd)
    {
        int[] found =
        [
            .. Ours()
                .Where(p =>
                    Text(p, "cmdline")
                        .TrimEnd('\0')
                        .Replace('\0', ' ')
                        .EndsWith(commandLineEnd, StringComparison.Ordinal)
                ),
        ];
        using Process process = Process.GetProcessById(Assert.Single(found));
        process.Kill();
    }

    public void Dispose()
    {
        guardian?.StandardInput.Dispose();
        guardian?.WaitForExit();
        guardian?.Dispose();
        foreach (Process daemon in daemons)
            daemon.Dispose();
        if (guardian is null)
            folder.Dispose(); // else it has done that
    }

    /// <summary>Ends the daemons, steps and tasks when its input ends, and so also where the tests are
    /// killed.</summary>
    private Process Guard() =>
        Process.Start(
            new ProcessStartInfo(
                "bash",
                [
                    "-c",
                    """
                    trap '' INT TERM HUP
                    read -r _
                    for pass in 1 2; do # a task may have begun in the first
                      for environment in $(grep -lzxF "SLURM_CONF=$0/slurm.conf" /proc/[0-9]*/environ 2>/dev/null); do
                        process=${environment#/proc/}
                        kill -9 "${process%/environ}"
                      done
                    done
                    rm -rf "$0"
                    """,
                    folder.Path,
                ]
            )
            {
                RedirectStandardInput = true,
                RedirectStandardError = true,
            }
        )!;

    /// <summary>Everything started with this cluster's configuration, tasks too: they inherit it from sbatch.</summary>
    private IEnumerable<int> Ours() =>
        from directory in Directory.EnumerateDirectories("/proc")
        let id = int.TryParse(System.IO.Path.GetFileName(directory), out int n) ? n : 0
        where
            id > 0
            && id != Environment.ProcessId
            && Text(id, "environ").Split('\0').Contains("SLURM_CONF=" + Configuration)
        select id;

    private static string Text(int process, string name)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/{name}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ""; // ended, or another user's
        }
    }

    private void Daemon(string program, params string[] arguments)
    {
        Process daemon = Start(PathOf(program)!, arguments);
        daemon.OutputDataReceived += (_, _) => { };
        daemon.ErrorDataReceived += (_, _) => { };
        daemon.BeginOutputReadLine(); // a full pipe would stop it
        daemon.BeginErrorReadLine();
        daemons.Add(daemon);
    }

    private Process Start(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder.Path,
        };
        start.Environment["SLURM_CONF"] = Configuration;
        return Process.Start(start)!;
    }

    // Debian's daemons are in /usr/sbin, which is not on every user's path.
    private static string? PathOf(string program) =>
        $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin"
            .Split(':')
            .Select(f => System.IO.Path.Combine(f, program))
            .FirstOrDefault(File.Exists);

    private static int[] FreePorts(int count)
    {
        TcpListener[] listeners = [.. Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0))];
        foreach (TcpListener listener in listeners)
            listener.Start();
        int[] ports = [.. listeners.Select(l => ((IPEndPoint)l.LocalEndpoint).Port)];
        foreach (TcpListener listener in listeners)
            listener.Dispose();
        return ports;
    }
}
