using Gesto.Recordings;
using Gesto.Training.Datasets;

namespace Gesto.Training.Tests.Datasets;

public sealed class DatasetRecordingsTests : IDisposable
{
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_sample_goes_by_key_by_the_key_s_last_part_or_by_number()
    {
        folder.Write(
            "manifest.csv",
            "sample,split,rgb\ntrain/1_A/SAMPLE_7,train,a.mp4\ntest/SAMPLE_8,test,b.mp4\n8,test,c.mp4\nval/SAMPLE_9,val,d.mp4\nval/take_9,val,e.mp4\n"
        );
        Dataset dataset = Dataset.Open(folder.Path);
        Assert.Equal("a.mp4", DatasetRecordings.Find(dataset, "7").Sample.Rgb);
        Assert.Equal("a.mp4", DatasetRecordings.Find(dataset, "SAMPLE_7").Sample.Rgb);
        Assert.Equal("a.mp4", DatasetRecordings.Find(dataset, "train/1_A/SAMPLE_7").Sample.Rgb);
        Assert.Equal("c.mp4", DatasetRecordings.Find(dataset, "8").Sample.Rgb); // a whole key goes before a number
        RecordingFiles found = DatasetRecordings.Find(dataset, "SAMPLE_8");
        Assert.Equal(("SAMPLE_8", folder["b.mp4"]), (found.Name, Assert.Single(found.Files)));
        Assert.Contains(
            "2 samples are called '9': val/SAMPLE_9, val/take_9. Give the whole key",
            Assert.Throws<InvalidDataException>(() => DatasetRecordings.Find(dataset, "9")).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "no sample 'SAMPEL_9'; the nearest are val/SAMPLE_9, ",
            Assert.Throws<InvalidDataException>(() => DatasetRecordings.Find(dataset, "SAMPEL_9")).Message,
            StringComparison.Ordinal
        );
    }
}
