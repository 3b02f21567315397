using Gesto.Recordings;
using Gesto.Training.Datasets;

namespace Gesto.Training.Tests.Datasets;

public class DatasetTests
{
    private static void Touch(Folder folder, params string[] files)
    {
        foreach (string file in files)
            folder.Write(file, "");
    }

    [Fact]
    public void Class_ids_are_the_numbers_before_the_underscore_not_the_place_in_a_sorted_list()
    {
        using var folder = new Folder();
        Touch(
            folder,
            "train/0_A/SAMPLE_1/SAMPLE_1_RGB.mkv",
            "train/100_R/SAMPLE_2/SAMPLE_2_RGB.mkv",
            "train/2_DUE_PAROLE/SAMPLE_3/SAMPLE_3_RGB.mkv"
        );
        Dataset dataset = Dataset.Open(folder.Path);
        Assert.Equal([(0, "A"), (2, "DUE_PAROLE"), (100, "R")], dataset.Labels.Classes.Select(c => (c.Id, c.Name)));
        Assert.Equal([0, 2, 100], dataset.Samples.Select(s => s.ClassId!.Value));
    }

    [Fact]
    public void The_challenge_layout_gives_every_file_its_place()
    {
        using var folder = new Folder();
        Touch(
            folder,
            "train/1_AIUTARE/SAMPLE_12/SAMPLE_12_RGB.mkv",
            "train/1_AIUTARE/SAMPLE_12/SAMPLE_12_RDM1.mp4",
            "train/1_AIUTARE/SAMPLE_12/SAMPLE_12_RDM3.mp4",
            "train/1_AIUTARE/SAMPLE_12/notes.txt",
            "train/1_AIUTARE/SAMPLE_9/SAMPLE_9_RGB.MKV",
            "val/SAMPLE_100/SAMPLE_100_RGB.mkv",
            "val/SAMPLE_20/SAMPLE_20_RGB.mkv",
            "test/SAMPLE_7/SAMPLE_7_RDM.npy"
        );
        Dataset dataset = Dataset.Open(folder.Path);
        Assert.Equal(
            [
                "train/1_AIUTARE/SAMPLE_9",
                "train/1_AIUTARE/SAMPLE_12",
                "val/SAMPLE_20",
                "val/SAMPLE_100",
                "test/SAMPLE_7",
            ],
            dataset.Samples.Select(s => s.Key)
        );
        Sample twelve = dataset.Samples[1];
        Assert.Equal("train/1_AIUTARE/SAMPLE_12/SAMPLE_12_RGB.mkv", twelve.Rgb);
        Assert.Equal(
            ["train/1_AIUTARE/SAMPLE_12/SAMPLE_12_RDM1.mp4", null, "train/1_AIUTARE/SAMPLE_12/SAMPLE_12_RDM3.mp4"],
            twelve.Radar
        );
        Assert.Null(dataset.Samples[2].ClassId);
        Assert.Equal(Split.Validation, dataset.Samples[2].Split);
        Assert.Equal("test/SAMPLE_7/SAMPLE_7_RDM.npy", dataset.Samples[4].Radar[0]);
    }

    [Fact]
    public void A_manifest_written_is_the_manifest_read()
    {
        using var folder = new Folder();
        Sample[] samples =
        [
            new()
            {
                Key = "train/1_X/SAMPLE_1",
                Split = Split.Train,
                ClassId = 1,
                ClassName = "a, \"b\"",
                Signer = "Anna",
                Session = "2",
                Rgb = "a/r.mkv",
                Radar = ["a/1.mp4", null, "a/3.mp4"],
            },
            new() { Key = "test/SAMPLE_2", Split = Split.Test },
        ];
        ManifestFile.Write(folder[ManifestFile.FileName], samples);
        Assert.StartsWith(
            "sample,label,name,signer,session,split,rgb,rdm1,rdm2,rdm3\n",
            File.ReadAllText(folder[ManifestFile.FileName]),
            StringComparison.Ordinal
        );
        IReadOnlyList<Sample> read = Dataset.Open(folder.Path).Samples;
        PerModality<IReadOnlyList<string?>> none = PerModality<IReadOnlyList<string?>>.None;
        Assert.Equal(samples.Select(s => s with { Files = none }), read.Select(s => s with { Files = none }));
        Assert.Equal(samples.Select(s => s.Rgb), read.Select(s => s.Rgb));
        Assert.Equal(samples.SelectMany(s => s.Radar), read.SelectMany(s => s.Radar));
    }

    [Fact]
    public void The_manifest_is_the_truth_even_where_folders_say_otherwise()
    {
        using var folder = new Folder();
        Touch(folder, "train/1_A/SAMPLE_1/SAMPLE_1_RGB.mkv");
        folder.Write("manifest.csv", "sample,label,split,rgb\nx,7,train,train/1_A/SAMPLE_1/SAMPLE_1_RGB.mkv\n");
        Sample only = Assert.Single(Dataset.Open(folder.Path).Samples);
        Assert.Equal(("x", 7), (only.Key, only.ClassId));
    }

    [Theory]
    [InlineData("sample,label,split\na,x,train\n", "line 2, column 'label': found 'x', expected a class id")]
    [InlineData("sample,label,split\na,-1,train\n", "line 2, column 'label': found '-1', expected a class id")]
    [InlineData("sample,label,split\n\na,1,dev\n", "line 3, column 'split': found 'dev', expected train, val or test")]
    [InlineData(
        "sample,split\na,train\na,test\n",
        "line 3, column 'sample': found 'a', expected a key used once; line 2 has it already"
    )]
    [InlineData(
        "sample,split,rgb\na,train,../../etc/passwd\n",
        "line 2, column 'rgb': found '../../etc/passwd', expected a path inside the data set"
    )]
    [InlineData(
        "sample,split,rdm1\na,train,/etc/passwd\n",
        "line 2, column 'rdm1': found '/etc/passwd', expected a path inside "
    )]
    [InlineData(
        "sample,split\n../a,train\n",
        "line 2, column 'sample': found '../a', expected a path inside the data set"
    )]
    [InlineData("sample,split,rgb\na,train\n", "line 2: found 2 fields, the header has 3")]
    [InlineData("sample,splitt\na,train\n", "line 1, column 2: found 'splitt', expected one of sample, label")]
    [InlineData("sample,label\na,1\n", "line 1: no column 'split'")]
    [InlineData("sample,split\n", "a header and no samples")]
    [InlineData("", "the file is empty")]
    public void A_bad_manifest_is_refused_with_its_place(string text, string expected)
    {
        using var folder = new Folder();
        string path = folder.Write("manifest.csv", text);
        var error = Assert.Throws<InvalidDataException>(() => Dataset.Open(folder.Path));
        Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_key_labels_val_and_test_and_names_no_strangers()
    {
        using var folder = new Folder();
        folder.Write("manifest.csv", "sample,split\ntest/SAMPLE_7,test\n");
        Assert.Null(Dataset.Open(folder.Path).LabelKey);
        folder.Write("key.csv", "sample,label,name\ntest/SAMPLE_7,3,AMBULANZA\n");
        Assert.Equal(3, Dataset.Open(folder.Path).LabelKey!["test/SAMPLE_7"]);
        folder.Write("key.csv", "sample,label,name\ntest/SAMPLE_8,3,AMBULANZA\n");
        Assert.Contains(
            "found sample 'test/SAMPLE_8', which the data set does not have",
            Assert.Throws<InvalidDataException>(() => Dataset.Open(folder.Path)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Columns_of_one_s_own_are_passed_over_in_manifest_and_key()
    {
        using var folder = new Folder();
        folder.Write(
            "manifest.csv",
            "date,sample,take,split,age,label\n2026-01-02,a,1,train,70,5\n2026-01-03,b,2,test,71,\n"
        );
        folder.Write("key.csv", "sample,usage,label,name,labels\nb,Private,6,DOLORE,x\n");
        Dataset dataset = Dataset.Open(folder.Path);
        Assert.Equal(["date", "take", "age"], dataset.PassedOver);
        Assert.Equal([("a", 5), ("b", null)], dataset.Samples.Select(s => (s.Key, s.ClassId)));
        Assert.Equal(6, dataset.LabelKey!["b"]);
    }

    [Theory]
    [InlineData("manifest.csv", "sample,split,Label\na,train,1\n", "found 'Label'", "mean 'label'")]
    [InlineData("manifest.csv", "sample,split,singer\na,train,1\n", "found 'singer'", "mean 'signer'")]
    [InlineData("manifest.csv", "sample,split,rdm4\na,train,x.npy\n", "found 'rdm4'", "mean 'rdm1'")]
    [InlineData("key.csv", "sample,lable\na,1\n", "found sample, lable", "no column 'label'")]
    public void A_misspelt_column_is_an_error_that_names_the_one_that_was_meant(
        string file,
        string text,
        string found,
        string meant
    )
    {
        using var folder = new Folder();
        folder.Write("manifest.csv", "sample,split\na,test\n");
        folder.Write(file, text);
        string message = Assert.Throws<InvalidDataException>(() => Dataset.Open(folder.Path)).Message;
        Assert.StartsWith(folder[file] + ", line 1", message, StringComparison.Ordinal);
        Assert.Contains(found, message, StringComparison.Ordinal);
        Assert.Contains(meant, message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_class_folder_without_an_id_and_an_empty_folder_are_named()
    {
        using var folder = new Folder();
        Assert.Contains(
            "no samples",
            Assert.Throws<DirectoryNotFoundException>(() => Dataset.Open(folder.Path)).Message,
            StringComparison.Ordinal
        );
        Touch(folder, "train/AIUTARE/SAMPLE_1/SAMPLE_1_RGB.mkv");
        Assert.Contains(
            "expected a class folder named <id>_<NAME>",
            Assert.Throws<InvalidDataException>(() => Dataset.Open(folder.Path)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Two_files_for_one_place_are_refused()
    {
        using var folder = new Folder();
        Touch(folder, "test/SAMPLE_1/SAMPLE_1_RGB.mkv", "test/SAMPLE_1/SAMPLE_1_RGB.mp4");
        Assert.Contains(
            "both SAMPLE_1_RGB.mkv and SAMPLE_1_RGB.mp4 claim to be RGB",
            Assert.Throws<InvalidDataException>(() => Dataset.Open(folder.Path)).Message,
            StringComparison.Ordinal
        );
    }
}
