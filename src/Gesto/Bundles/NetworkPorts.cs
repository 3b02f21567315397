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
/// <param name="Outputs">Their names, in any order.</param>
/// <param name="Inputs">All.</param>
internal sealed record NetworkPorts(IReadOnlyList<string> Outputs, params IReadOnlyList<NetworkInput> Inputs)
{
    /// <param name="output">The name of its one output.</param>
    /// <param name="inputs">All.</param>
    public NetworkPorts(string output, params IReadOnlyList<NetworkInput> inputs)
        : this([output], inputs) { }

    /// <summary>The outputs' shapes are seen when it is run, by the room that there is for them.</summary>
    /// <exception cref="BundleException">It is another network.</exception>
    public void Check(InferenceSession session, string place)
    {
        if (!session.OutputNames.Order(StringComparer.Ordinal).SequenceEqual(Outputs.Order(StringComparer.Ordinal)))
            throw Differs(place, $"outputs {Names(session.OutputNames)}", Names(Outputs));
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
