using System.Collections.Immutable;

namespace Gesto.Recordings;

/// <summary>One stream of a recording, as data: what it is called, which files hold it, and who makes its steps. All
/// code that is not about one stream's own files goes through the modalities there are, in their order; a further
/// stream is a folder of code and a <see cref="Register"/>.</summary>
/// <remarks>The order of <see cref="All"/> is that of the clocks: a sample's steps run on the first modality that it
/// has. A missing modality has no steps (length 0), everywhere. Thread-safe.</remarks>
public sealed class Modality
{
    private static readonly Lock Registering = new();
    private static ImmutableArray<Modality> all;

    static Modality()
    {
        Rgb = new Modality
        {
            Name = "rgb",
            Title = "RGB",
            Columns = ["rgb"],
            Suffixes =
            [
                ["RGB"],
            ],
        };
        Radar = new Modality
        {
            Name = "radar",
            Title = "radar",
            Columns = ["rdm1", "rdm2", "rdm3"],
            Suffixes =
            [
                ["RDM", "RDM1", "RTM", "RTM1"],
                ["RDM2", "RTM2"],
                ["RDM3", "RTM3"],
            ],
        };
        Landmarks = new Modality
        {
            Name = "landmarks",
            Title = "landmarks",
            Columns = ["landmarks"],
            Suffixes =
            [
                ["LANDMARKS", "POSE"],
            ],
            Open = _ => new LandmarkReader(),
        };
        all = [Rgb, Radar, Landmarks];
    }

    /// <summary>Video frames; ResNet50's features of them.</summary>
    public static Modality Rgb { get; }

    /// <summary>Range-Doppler or range-time maps of each antenna.</summary>
    public static Modality Radar { get; }

    /// <summary>Joints of body and hands, as MediaPipe finds them.</summary>
    public static Modality Landmarks { get; }

    /// <summary>In the order of their clocks: RGB, radar, landmarks, then what was registered.</summary>
    public static IReadOnlyList<Modality> All => all;

    /// <summary>As recipes, JSON files and folders of features call it: lower case.</summary>
    public required string Name { get; init; }

    /// <summary>As people read it inside a sentence.</summary>
    public required string Title { get; init; }

    /// <summary>The manifest's columns of its files, one or more.</summary>
    public required IReadOnlyList<string> Columns { get; init; }

    /// <summary>For each of <see cref="Columns"/>, what a file's name ends in after its last underscore, upper case:
    /// SAMPLE_7_RGB.mkv.</summary>
    public required IReadOnlyList<IReadOnlyList<string>> Suffixes { get; init; }

    /// <summary>Opens what makes steps of its files: as a feature key says, or, where there is none yet, as it does by
    /// itself. Null of RGB and radar, whose files share a decoder (<see cref="SampleReader"/>).</summary>
    public Func<Encoders.FeatureKey?, IStepReader>? Open { get; init; }

    /// <summary>Makes a further stream known to this process, after those there are.</summary>
    /// <param name="modality">The stream.</param>
    /// <returns>Dispose to forget it again.</returns>
    /// <exception cref="ArgumentException">Another has its name, a column or a suffix, or it has no reader.</exception>
    public static IDisposable Register(Modality modality)
    {
        ArgumentNullException.ThrowIfNull(modality);
        lock (Registering)
        {
            if (
                modality.Open is null
                || modality.Columns.Count == 0
                || modality.Columns.Count != modality.Suffixes.Count
            )
                throw new ArgumentException(
                    $"Modality '{modality.Name}' needs a reader, columns, and suffixes for each column.",
                    nameof(modality)
                );
            foreach (Modality other in all)
                if (
                    other.Name == modality.Name
                    || other.Columns.Intersect(modality.Columns).Any()
                    || other.Suffixes.SelectMany(s => s).Intersect(modality.Suffixes.SelectMany(s => s)).Any()
                )
                    throw new ArgumentException(
                        $"Modality '{modality.Name}' shares its name, a column or a suffix with '{other.Name}'.",
                        nameof(modality)
                    );
            all = all.Add(modality);
        }
        return new Registration(modality);
    }

    /// <returns>Null where no modality is called so.</returns>
    public static Modality? TryNamed(string name) => all.FirstOrDefault(m => m.Name == name);

    /// <exception cref="InvalidDataException">No modality is called so.</exception>
    internal static Modality Named(string name) =>
        TryNamed(name)
        ?? throw new InvalidDataException(
            $"No modality is called '{name}'; there are {string.Join(", ", all.Select(m => m.Name))}."
        );

    /// <returns>What the name of a file says of it: the place of its column; null = nothing.</returns>
    internal static (Modality Modality, int Place)? OfFile(string name)
    {
        string stem = Path.GetFileNameWithoutExtension(name).ToUpperInvariant();
        string suffix = stem[(stem.LastIndexOf('_') + 1)..];
        foreach (Modality modality in all)
        foreach ((int place, IReadOnlyList<string> known) in modality.Suffixes.Index())
            if (known.Contains(suffix))
                return (modality, place);
        return Gesto.Landmarks.LandmarkFile.IsByName(name) ? (Landmarks, 0) : null;
    }

    /// <summary>Place in <see cref="All"/>.</summary>
    internal int Order => all.IndexOf(this);

    /// <returns><see cref="Name"/>.</returns>
    public override string ToString() => Name;

    private sealed class Registration(Modality modality) : IDisposable
    {
        public void Dispose()
        {
            lock (Registering)
                all = all.Remove(modality);
        }
    }
}
