using System.Collections.Frozen;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Gesto.Signs;

/// <summary>One sign of a label set.</summary>
/// <param name="Id">The class id of the data set: the number before the first underscore of its folder, ≥ 0.</param>
/// <param name="Name">Its name, e.g. "AIUTARE".</param>
/// <remarks>Immutable; thread-safe.</remarks>
public sealed record SignClass(int Id, string Name)
{
    /// <summary>True for a letter of the alphabet (fingerspelling), false for a word.</summary>
    public bool IsLetter => Name.Length == 1 && char.IsAsciiLetter(Name[0]);
}

/// <summary>The classes a recogniser tells apart, ordered by id. A <b>label</b> is an index 0…K−1 into it.</summary>
/// <remarks>Immutable; thread-safe.</remarks>
public sealed class LabelSet
{
    private readonly FrozenDictionary<int, int> labelOfId;

    /// <summary>A set of these classes.</summary>
    /// <param name="classes">One or more, in any order.</param>
    /// <exception cref="InvalidDataException">An id occurs twice or is negative, or the set is empty.</exception>
    public LabelSet(IEnumerable<SignClass> classes)
    {
        Classes = [.. classes.OrderBy(c => c.Id)];
        if (Classes.Count == 0)
            throw new InvalidDataException("A label set needs at least one class, found none.");
        for (int i = 0; i < Classes.Count; i++)
        {
            if (Classes[i].Id < 0)
                throw new InvalidDataException($"Class '{Classes[i].Name}' has id {Classes[i].Id}; ids start at 0.");
            if (i > 0 && Classes[i].Id == Classes[i - 1].Id)
                throw new InvalidDataException(
                    $"Class id {Classes[i].Id} is used for both '{Classes[i - 1].Name}' and '{Classes[i].Name}'."
                );
        }
        labelOfId = Classes.Select((c, label) => (c.Id, label)).ToFrozenDictionary(p => p.Id, p => p.label);
    }

    /// <summary>The 126 signs of MultiMeDaLIS: 100 medical terms and 26 letters, ids in alphabetical order.</summary>
    public static LabelSet Lis126 { get; } =
        new(Table().Select(row => new SignClass(int.Parse(row[0], CultureInfo.InvariantCulture), row[1])));

    /// <summary>What these signs are called in English, by name.</summary>
    internal static IReadOnlyDictionary<string, string> English { get; } =
        Table().ToDictionary(row => row[1], row => row[2], StringComparer.Ordinal);

    /// <summary>The classes, by id, ascending.</summary>
    public IReadOnlyList<SignClass> Classes { get; }

    /// <summary>K, the number of classes.</summary>
    public int Count => Classes.Count;

    /// <summary>The class of a label.</summary>
    /// <param name="label">0…K−1.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such label.</exception>
    public SignClass this[int label] => Classes[label];

    /// <summary>SHA-256 over "id,name" lines: equal for equal label sets, whatever the machine.</summary>
    public string Fingerprint =>
        Convert.ToHexStringLower(
            SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(Classes.Select(c => $"{c.Id},{c.Name}\n"))))
        );

    /// <summary>Finds a class.</summary>
    /// <param name="id">Its id.</param>
    /// <returns>Its label 0…K−1.</returns>
    /// <exception cref="InvalidDataException">The id is not in this set.</exception>
    public int LabelOf(int id) =>
        labelOfId.TryGetValue(id, out int label)
            ? label
            : throw new InvalidDataException(
                $"Class id {id} is not in the label set ({Count} classes, ids {Classes[0].Id}…{Classes[^1].Id})."
            );

    /// <returns>True where a class has this id.</returns>
    public bool Contains(int id) => labelOfId.ContainsKey(id);

    /// <returns>Rows of class_id, name, english.</returns>
    private static IEnumerable<string[]> Table()
    {
        using var stream = typeof(LabelSet).Assembly.GetManifestResourceStream("lis126.csv")!;
        using var reader = new StreamReader(stream);
        reader.ReadLine();
        while (reader.ReadLine() is { Length: > 0 } line)
            yield return line.Split(',');
    }
}
