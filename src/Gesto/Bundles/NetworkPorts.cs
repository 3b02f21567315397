using Microsoft.ML.OnnxRuntime;

namespace Gesto.Bundles;

/// <summary>An input that a network must have.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">float, or long.</param>
/// <param name="Axes">Their lengths; <see cref="Free"/> = as long as a recording is.</param>
internal sealed record NetworkInput(string Name, Type Type, params int[] Axes)
{
    public const int Free = -1;
}

/// <summary>What goes into and comes out of a network, as the bundle says.</summary>
/// <param name="Output">The name of its one output.</param>
/// <param name="Inputs">All.</param>
internal sealed record NetworkPorts(string Output, params IReadOnlyList<NetworkInput> Inputs)
{
    /// <summary>The output's shape is seen when it is run, by the room that there is for it.</summary>
    /// <exception cref="BundleException">It is another network.</exception>
    public void Check(InferenceSession session, string place)
    {
        if (session.OutputNames is not [var output] || output != Output)
            throw Differs(place, $"outputs {Names(session.OutputNames)}", $"'{Output}'");
        if (session.InputNames.Count != Inputs.Count)
            throw Differs(place, $"inputs {Names(session.InputNames)}", Names(Inputs.Select(i => i.Name)));
        foreach (NetworkInput input in Inputs)
        {
            if (!session.InputMetadata.TryGetValue(input.Name, out NodeMetadata? found))
                throw Differs(place, $"inputs {Names(session.InputNames)}", Names(Inputs.Select(i => i.Name)));
            if (!found.IsTensor || found.ElementType != input.Type || !found.Dimensions.SequenceEqual(input.Axes))
                throw Differs(
                    place,
                    found.IsTensor
                        ? $"input '{input.Name}' of {found.ElementType.Name} ({string.Join(',', found.Dimensions)})"
                        : $"input '{input.Name}' of another kind",
                    $"{input.Type.Name} ({string.Join(',', input.Axes)}), -1 for any length"
                );
        }
    }

    private static string Names(IEnumerable<string> names) =>
        string.Join(", ", names.Take(8).Select(n => $"'{BundleFile.Printable(n)}'"));

    private static BundleException Differs(string place, string found, string expected) =>
        new($"{place} has {found}, expected {expected}.");
}
