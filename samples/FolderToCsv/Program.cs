// Names the sign in every recording of a folder, each in a folder of its own, and writes a CSV file.
using Gesto;

if (args is not [var bundle, var folder, var output])
{
    Console.Error.WriteLine("Usage: FolderToCsv BUNDLE.gesto FOLDER OUTPUT.csv");
    return 2;
}

using Recogniser recogniser = Recogniser.Load(bundle);
IEnumerable<Recording> recordings = Directory.GetDirectories(folder).Order().Select(Recording.FromFolder);
IReadOnlyList<Prediction> predictions = await recogniser.PredictAsync(recordings);
File.WriteAllLines(
    output,
    predictions
        .Select(p =>
            $"{Quoted(Path.GetFileName(p.Recording))},{p.Best.Id},{Quoted(p.Best.Name)},{p.Best.Probability:0.000000},{p.IsUnknown}"
        )
        .Prepend("recording,id,name,probability,unknown")
);
Console.WriteLine($"{output}: {predictions.Count} recordings");
return 0;

static string Quoted(string text) => $"\"{text.Replace("\"", "\"\"")}\"";
