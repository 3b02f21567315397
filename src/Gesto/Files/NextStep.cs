namespace Gesto.Files;

/// <summary>A step that puts an error right. The message says it in the library's words; a program that has a command
/// or an option for the step can name that, too: <see cref="Suggestion.Of"/>.</summary>
public enum NextStep
{
    /// <summary>Look at the recordings of a data set. Subject: its folder, where it is known.</summary>
    CheckRecordings,

    /// <summary>Make a simulated data set.</summary>
    Simulate,

    /// <summary>Fetch the weights of the RGB encoder. Subject: the source, where only one has them.</summary>
    FetchWeights,

    /// <summary>Extract features, or go on with an extraction.</summary>
    ExtractFeatures,

    /// <summary>Extract with another kind of RGB features. Subject: "features", "frames" or "maps".</summary>
    ExtractRgb,

    /// <summary>Extract with another kind of radar features. Subject: "frames" or "source".</summary>
    ExtractRadar,

    /// <summary>Extract with all recordings' radar maps at one size.</summary>
    ExtractRadarAtOneSize,

    /// <summary>Extract, and leave out what cannot be read.</summary>
    ExtractReadable,

    /// <summary>Extract with frames taken evenly in time.</summary>
    ExtractByTime,

    /// <summary>Extract one part of a divided data set.</summary>
    ExtractShard,

    /// <summary>Train a new run. Subject: its directory, where it is known.</summary>
    Train,

    /// <summary>Train a run that leaves out a fold.</summary>
    TrainWithoutFold,

    /// <summary>Go on with a training. Subject: its directory, where it is known.</summary>
    ResumeTraining,

    /// <summary>Resume with as many threads as before. Subject: how many.</summary>
    ResumeWithThreads,

    /// <summary>Compute on another device. Subject: "cpu" or "cuda".</summary>
    UseDevice,

    /// <summary>Score a run. Subject: its directory, where it is known; then the split.</summary>
    Evaluate,

    /// <summary>Let several runs vote.</summary>
    MakeEnsemble,

    /// <summary>Give all members of an ensemble the same weight.</summary>
    WeighEqually,

    /// <summary>Predict samples whose signs nobody knows.</summary>
    Submit,

    /// <summary>Score on given features, instead of reading what was saved.</summary>
    GiveFeatures,

    /// <summary>Say which file of a recording is what.</summary>
    NameFiles,

    /// <summary>Name a data set and one of its samples instead of a folder.</summary>
    NameSample,

    /// <summary>Say which folder a manifest's paths are relative to.</summary>
    NameRecordingsRoot,

    /// <summary>Say in which order a radar array's axes are. Subject: an example.</summary>
    NameRadarAxes,

    /// <summary>Deal folds by sessions or samples instead.</summary>
    DealByAnother,

    /// <summary>Take less sure answers as labels.</summary>
    LowerPseudoLabelThreshold,

    /// <summary>Work on fewer recordings at the same time.</summary>
    UseFewerThreads,

    /// <summary>Write over what is there.</summary>
    Replace,

    /// <summary>Fetch the networks that find landmarks.</summary>
    FetchLandmarkWeights,
}

/// <summary>A step that puts an error right.</summary>
/// <param name="Step">Which.</param>
/// <param name="Subjects">What it is about, as <see cref="NextStep"/> says; may be empty.</param>
/// <remarks>Immutable; thread-safe.</remarks>
public sealed record Suggestion(NextStep Step, IReadOnlyList<string> Subjects)
{
    private static readonly object Key = typeof(Suggestion);

    /// <summary>Looks into an exception of Gesto.</summary>
    /// <param name="exception">Any.</param>
    /// <returns>The steps that would put an error right, the outermost exception's first; empty where none is
    /// known.</returns>
    public static IReadOnlyList<Suggestion> Of(Exception exception)
    {
        var found = new List<Suggestion>();
        for (Exception? e = exception; e is not null; e = e.InnerException)
            found.AddRange(e.Data[Key] as IEnumerable<Suggestion> ?? []);
        return found;
    }

    internal static void Add(Exception exception, NextStep step, string[] subjects) =>
        exception.Data[Key] = (Suggestion[])
            [.. exception.Data[Key] as IEnumerable<Suggestion> ?? [], new(step, subjects)];
}

internal static class SuggestionExtensions
{
    /// <returns>The same exception, which now carries the step.</returns>
    public static T Suggest<T>(this T exception, NextStep step, params string[] subjects)
        where T : Exception
    {
        Suggestion.Add(exception, step, subjects);
        return exception;
    }
}

/// <summary>What to do about a damaged file.</summary>
/// <param name="Sentence">In the library's words.</param>
/// <param name="Step">The step it asks for; null = none that a program would have a command for.</param>
/// <param name="Subject">The step's.</param>
internal sealed record Cure(string Sentence, NextStep? Step = null, string? Subject = null)
{
    public static implicit operator Cure(string sentence) => new(sentence);

    public override string ToString() => Sentence;

    /// <returns>The error of a damaged file, whose message ends with the cure.</returns>
    public InvalidDataException Error(string message, Exception? inner = null)
    {
        var error = new InvalidDataException($"{message} {Sentence}", inner);
        return Step is not { } step ? error
            : Subject is null ? error.Suggest(step)
            : error.Suggest(step, Subject);
    }
}
