namespace Gesto.Training.Tests;

/// <summary>libtorch's generator, thread count and count of live tensors are the process's: nothing else runs beside
/// these tests.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public class AloneWithLibtorch
{
    public const string Name = "alone with libtorch";
}
