// Names the sign in one recording: a folder with its files, or a single file.
using Gesto;

if (args is not [var bundle, var path])
{
    Console.Error.WriteLine("Usage: Recognise BUNDLE.gesto RECORDING");
    return 2;
}

using Recogniser recogniser = Recogniser.Load(bundle);
Recording recording = Directory.Exists(path) ? Recording.FromFolder(path) : Recording.FromFile(path);
Prediction prediction = await recogniser.PredictAsync(recording);
Console.WriteLine(
    prediction.IsUnknown ? "?" : $"{prediction.Best.Name} {prediction.Best.Probability:P0} from {prediction.Used}"
);
foreach (var sign in prediction.Ranked.Take(5))
    Console.WriteLine($"{sign.Probability:0.000000} {sign.Name}");
return 0;
