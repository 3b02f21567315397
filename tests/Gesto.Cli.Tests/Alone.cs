namespace Gesto.Cli.Tests;

/// <summary>Programs that take all cores, or whose time is watched: nothing else runs beside these tests.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public class Alone
{
    public const string Name = "alone";
}
