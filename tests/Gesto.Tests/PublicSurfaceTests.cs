using System.Reflection;
using System.Runtime.CompilerServices;

namespace Gesto.Tests;

/// <summary>What a stranger sees of the library; which members, PublicAPI.Shipped.txt says and the build checks.</summary>
public class PublicSurfaceTests
{
    private static readonly Assembly Library = typeof(Recogniser).Assembly;

    [Fact]
    public void A_stranger_has_at_most_45_types_to_learn()
    {
        Type[] exported = Library.GetExportedTypes();
        Assert.InRange(exported.Length, 1, 45);
        Assert.Contains(typeof(Prediction), exported);
    }

    [Fact]
    public void No_friend_but_training_its_bench_and_the_tests_sees_more() =>
        Assert.All(Library.GetCustomAttributes<InternalsVisibleToAttribute>().Select(a => a.AssemblyName), name =>
            Assert.True(
                name is "Gesto.Training" or "Gesto.Bench"
                    || name.EndsWith(".Tests", StringComparison.Ordinal)
                    || name.EndsWith(".Testing", StringComparison.Ordinal),
                name
            )
        );
}
