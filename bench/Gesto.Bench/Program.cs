using System.Globalization;
using System.Text.Json;
using Gesto.Bench;

// What run.sh cannot time from outside. One line of JSON on standard output.
const string Usage = """
    features FOLDER SAMPLES                      random features, laid out as 'gesto extract --radar source' does
    encoder DATASET SECONDS [RANGES]             ResNet50 alone as extraction uses it, frames a second; with RANGES in 8 bits
    landmarks SECONDS VIDEO...                   landmarks and ResNet50 in turn: milliseconds a frame, one over the other
    loop FEATURES WORK                           epochs of "gesto train" and of the bare loop over the same resident batches
    predict RUN|BUNDLE SAMPLE_DIR TIMES          prediction from video files, and the encoder alone; of a bundle cold and
                                                 its peak memory too
    answer BUNDLE SAMPLE_DIR TIMES               what "predict" starts for those
    bundle RUN FEATURES BUNDLE DATASET TIMES     exports, compares with the run, sizes, milliseconds a recording
    """;

object? result = args switch
{
    ["features", var folder, var samples] => RandomFeatures.Write(folder, Number(samples)),
    ["encoder", var dataset, var seconds, .. var ranges] => EncoderRate.Measure(
        dataset,
        Number(seconds),
        ranges.FirstOrDefault()
    ),
    ["landmarks", var seconds, .. var videos] => LandmarkRate.Measure(Number(seconds), videos),
    ["loop", var features, var work] => TrainingLoop.Measure(features, work),
    ["predict", var run, var sample, var times] when Directory.Exists(run) => PredictionLatency.OfRun(
        run,
        sample,
        Number(times)
    ),
    ["predict", var bundle, var sample, var times] => PredictionLatency.OfBundle(bundle, sample, Number(times)),
    ["answer", var bundle, var sample, var times] => PredictionLatency.Answer(bundle, sample, Number(times)),
    ["bundle", var run, var features, var bundle, var data, var times] => BundleTable.Measure(
        run,
        features,
        bundle,
        data,
        Number(times)
    ),
    _ => null,
};
if (result is null)
{
    Console.Error.WriteLine(Usage);
    return 1;
}
Console.WriteLine(JsonSerializer.Serialize(result));
return 0;

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
