using System.Collections;
using Gesto.Training.Fitting;

namespace Gesto.Training.Tests.Fitting;

public class MpiRanksTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(1, "OMPI_COMM_WORLD_SIZE", "1")]
    [InlineData(4, "OMPI_COMM_WORLD_SIZE", "4")]
    [InlineData(3, "SLURM_STEP_NUM_TASKS", "3")]
    [InlineData(1, "SLURM_NTASKS", "8")] // a batch script: Slurm gave it 8 tasks' place, and started one process
    public void The_environment_tells_how_many_processes_were_started(int expected, params string[] pair)
    {
        var environment = new Hashtable();
        if (pair.Length > 0)
            environment[pair[0]] = pair[1];
        Assert.Equal(expected, MpiRanks.Started(environment));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0, "OMPI_COMM_WORLD_LOCAL_RANK", "0")]
    [InlineData(2, "OMPI_COMM_WORLD_LOCAL_RANK", "2")]
    [InlineData(1, "SLURM_LOCALID", "1")]
    public void The_environment_tells_which_of_this_machines_processes_it_is(int expected, params string[] pair)
    {
        var environment = new Hashtable();
        if (pair.Length > 0)
            environment[pair[0]] = pair[1];
        Assert.Equal(expected, MpiRanks.PlaceHere(environment));
    }
}
