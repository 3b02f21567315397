using Gesto.Recordings;
using Gesto.Training.Fitting;
using Gesto.Training.Models;

namespace Gesto.Training.Recipes;

/// <summary>What names signs.</summary>
public enum ClassifierKind
{
    /// <summary>Fusion and temporal model, <see cref="Models.SignModel"/>.</summary>
    Network,

    /// <summary>Regularised multinomial logistic regression on pooled clips, <see cref="LinearTraining"/>: nothing of
    /// this recipe but its name, why, modalities, costly pairs and fold counts then.</summary>
    Linear,
}

/// <summary>Everything that decides how a recogniser is trained, apart from the data. A recipe and a data set give one
/// result, to the bit, on one machine with one thread count. Files: <see cref="RecipeFile"/>.</summary>
public sealed record Recipe
{
    public string Name { get; init; } = "";

    /// <summary>Why this recipe exists, for people.</summary>
    public string Why { get; init; } = "";

    /// <summary>Names of modalities, in the order of <see cref="Modality.All"/>: the order in which their features are
    /// concatenated.</summary>
    public IReadOnlyList<string> Modalities { get; init; } = [Modality.Rgb.Name, Modality.Radar.Name];

    public ClassifierKind Classifier { get; init; } = ClassifierKind.Network;

    /// <summary>How radar steps meet RGB steps; matters only with both modalities.</summary>
    public AlignmentMode Alignment { get; init; } = AlignmentMode.Nearest;

    public RgbRecipe Rgb { get; init; } = new();

    public RadarRecipe Radar { get; init; } = new();

    public LandmarkRecipe Landmarks { get; init; } = new();

    public ModelRecipe Model { get; init; } = new();

    public TrainingRecipe Training { get; init; } = new();

    /// <summary>Pairs of signs, by name, whose confusion costs most where the recogniser is used: watched in reports,
    /// flagged in close predictions. Ours are a hospital's: yes for no, one part of the body for another.</summary>
    public IReadOnlyList<IReadOnlyList<string>> CostlyPairs { get; init; } =
    [
        ["NO", "SI"],
        ["OCCHIO", "NASO"],
    ];

    /// <summary><see cref="CostlyPairs"/> as pairs.</summary>
    internal IReadOnlyList<(string First, string Second)> SignPairs => [.. CostlyPairs.Select(p => (p[0], p[1]))];

    /// <summary>Recipes that are trained side by side and vote (<see cref="Recognition.Ensemble"/>): for each its name
    /// or path, then values set over it as "key=value". Empty: this recipe itself is trained; else nothing of it but
    /// name, why and costly pairs counts.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Members { get; init; } = [];

    /// <summary>True where it takes the modality.</summary>
    public bool Uses(Modality modality) => Modalities.Contains(modality.Name);

    /// <summary>True where a run of it can do with a part of its modalities, having learnt so: samples that lack some
    /// are
    /// learnt from too.</summary>
    internal bool BearsMissing =>
        Modalities.Count > 1 && (Classifier == ClassifierKind.Linear || Model.ModalityDropout > 0);

    /// <summary>An RGB encoder learns with the fusion model.</summary>
    internal bool LearnsRgb =>
        Uses(Modality.Rgb) && Classifier == ClassifierKind.Network && Rgb.Encoder != RgbEncoderMode.Features;

    /// <summary>The radar encoder learns with the fusion model.</summary>
    internal bool LearnsRadar =>
        Uses(Modality.Radar) && Classifier == ClassifierKind.Network && Radar.Encoder == RadarEncoderMode.Joint;

    /// <summary>True where the modality's encoder learns with the fusion model.</summary>
    internal bool LearnsEncoder(Modality modality) =>
        modality == Modality.Rgb ? LearnsRgb : modality == Modality.Radar && LearnsRadar;

    /// <summary>Steps of a longer sample that the modality's encoder sees, spread evenly; 0 = all.</summary>
    internal int StepsSeen(Modality modality) => modality == Modality.Radar && !LearnsRadar ? 0 : Model.Steps;

    /// <returns>True where each feature of a modality loses its mean over the sample; frames of RGB lose it before
    /// their
    /// encoder instead.</returns>
    internal bool Centres(Modality modality) =>
        modality == Modality.Rgb
            ? Rgb is { RemoveStatic: true, Encoder: not RgbEncoderMode.Frames }
            : modality == Modality.Radar && Radar.CentreFeatures;

    /// <returns>The same for a run that leaves a fold out; of a recipe with members, each member's.</returns>
    internal Recipe OnFold(Datasets.Fold fold, Datasets.FoldUnit by) =>
        this with
        {
            Training = Training with { Fold = fold.ToString(), FoldBy = by },
            Members =
            [
                .. Members.Select(m =>
                    m.Concat([
                            $"training.fold={fold}",
                            $"training.foldBy={System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(by.ToString())}",
                        ])
                        .ToArray()
                ),
            ],
        };

    /// <returns>A linear recipe with those of its modalities that there are, where there is any; another as it is,
    /// since
    /// its model is made for all.</returns>
    /// <param name="there">What a feature set has.</param>
    internal Recipe Among(IEnumerable<Modality> there)
    {
        string[] found = [.. there.Where(Uses).Select(m => m.Name)];
        return Classifier != ClassifierKind.Linear || found.Length == 0 ? this : this with { Modalities = found };
    }

    /// <exception cref="InvalidDataException">A value is out of its range.</exception>
    public void Check(string place)
    {
        var check = new RecipeCheck(place);
        check.Require(
            !Name.AsSpan().ContainsAny('/', '\\', '\0'),
            "name",
            Name,
            "a name without '/' and '\\': members' folders are called by it"
        );
        check.Require(
            Modalities.Count > 0
                && Modalities.SequenceEqual(Modality.All.Select(m => m.Name).Where(Modalities.Contains)),
            "modalities",
            $"[{string.Join(", ", Modalities)}]",
            $"one or more of [{string.Join(", ", Modality.All.Select(m => $"\"{m.Name}\""))}], in this order"
        );
        check.Require(
            CostlyPairs is { } pairs && pairs.All(p => p is [{ } a, { } b] && a != b),
            "costlyPairs",
            "something else",
            "pairs of two names, [[\"NO\", \"SI\"], …]"
        );
        check.Require(
            Members is { Count: not 1 } members
                && members.All(m => m is [{ Length: > 0 }, ..] && m.All(t => t is not null)),
            "members",
            Members?.Count ?? 0,
            "none, or two or more of [\"recipe\", \"key=value\", …]"
        );
        check.Fraction(Rgb.GainSpread, "rgb.gainSpread");
        check.NotNegative(Rgb.Noise, "rgb.noise");
        Radar.Check(check);
        Landmarks.Check(check);
        Model.Check(check, Modalities, Rgb.Encoder == RgbEncoderMode.Frames && Radar.Encoder == RadarEncoderMode.Joint);
        check.Require(
            Model.Temporal != TemporalMode.SkeletonGcn || Modalities is ["landmarks"],
            "model.temporal",
            "skeletonGcn",
            "another, or modalities [\"landmarks\"] with it: it takes joints and nothing else"
        );
        Training.Check(check);
    }
}
