using Gesto.Cli.Cluster;

namespace Gesto.Cli.Tests.Cluster;

public class SlurmLimitsTests
{
    [Theory]
    [InlineData("MaxArraySize            = 1001\n", 1000, true)]
    [InlineData("LaunchParameters        = (null)\nMaxArraySize = 40001\nMaxBatchRequeue = 5\n", 40000, true)]
    [InlineData("slurm_load_ctl_conf error: Unable to contact slurm controller", 1000, false)]
    [InlineData(null, 1000, false)]
    public void An_array_has_one_task_less_than_the_cluster_s_size(string? config, int tasks, bool known) =>
        Assert.Equal(new SlurmLimits(tasks, known), SlurmLimits.Parse(config));

    [Fact]
    public void A_cluster_without_arrays_is_named_as_such() =>
        Assert.Contains(
            "MaxArraySize is 0",
            Assert.Throws<IOException>(() => SlurmLimits.Parse("MaxArraySize            = 0")).Message,
            StringComparison.Ordinal
        );
}
