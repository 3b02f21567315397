using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Gesto.Bundles;
using Gesto.Training.Evaluation;
using Gesto.Training.Export;
using Gesto.Training.Graphs;
using Gesto.Training.Weights;
using Google.Protobuf;
using Onnx;

namespace Gesto.Training.Tests.Export;

/// <summary>Bundles whose hashes are right and whose content is meant to hurt.</summary>
[Collection(AloneWithLibtorch.Name)]
public class HostileBundleTests(SmallRun tiny) : IClassFixture<SmallRun>
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(3);
    private const long MostBytes = 500L << 20;

    public static TheoryData<string> Networks => [.. Attacks.Keys];

    private static readonly Dictionary<string, Func<ModelProto, byte[]>> Attacks = new(StringComparer.Ordinal)
    {
        ["a constant of 10^9 elements, made of one"] = model =>
        {
            Constant(model, "size", 1000, 1000, 1000);
            return Made(model, "Expand", "size");
        },
        ["sizes that grow when they are multiplied"] = model =>
        {
            // The shape of a product is known before anything is run, and so is all that is made of it.
            Constant(model, "many", 1 << 17, 1 << 17);
            model.Graph.Initializer.Add(Tensor("row", 1, 64));
            Add(model, "Shape", "sized", "row");
            Add(model, "Mul", "grown", "sized", "many");
            Add(model, "Expand", "huge", "row", "grown");
            Add(model, "ReduceSum", "little", "huge");
            return model.ToByteArray();
        },
        ["a value joined to itself 34 times"] = model =>
        {
            model.Graph.Initializer.Add(Tensor("double.0", 64, 1));
            for (int i = 0; i < 34; i++)
                Add(model, "Concat", $"double.{i + 1}", [$"double.{i}", $"double.{i}"], ("axis", 0));
            return model.ToByteArray();
        },
        ["a column times a row"] = model =>
        {
            model.Graph.Initializer.Add(Tensor("column", 200_000, 1));
            model.Graph.Initializer.Add(Tensor("row", 1, 200_000));
            Add(model, "MatMul", "square", "column", "row");
            return model.ToByteArray();
        },
        ["a column times a row in one more operator"] = model =>
        {
            model.Graph.Initializer.Add(Tensor("column", 200_000, 1));
            model.Graph.Initializer.Add(Tensor("row", 1, 200_000));
            Add(model, "Gemm", "square", "column", "row");
            return model.ToByteArray();
        },
        ["pixels that become a picture of 10^6 a side"] = model =>
        {
            model.Graph.Initializer.Add(Tensor("row", 1, 64));
            Constant(model, "four", 1, 64, 1, 1);
            Add(model, "Reshape", "deep", "row", "four");
            Add(model, "DepthToSpace", "wide", ["deep"], ("blocksize", 1 << 20));
            return model.ToByteArray();
        },
        ["a loop"] = model => Made(model, "Loop", ""),
        ["a condition with graphs in it"] = model =>
        {
            var node = new NodeProto { OpType = "Identity", Output = { "branch" } };
            node.Attribute.Add(
                new AttributeProto
                {
                    Name = "then_branch",
                    Type = AttributeProto.Types.AttributeType.Graph,
                    G = new GraphProto { Name = "inner" },
                }
            );
            model.Graph.Node.Add(node);
            return model.ToByteArray();
        },
        ["another file's bytes"] = model =>
        {
            var tensor = new TensorProto
            {
                Name = "passwords",
                DataType = (int)TensorProto.Types.DataType.Uint8,
                Dims = { 16 },
                DataLocation = TensorProto.Types.DataLocation.External,
            };
            tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = "/etc/passwd" });
            model.Graph.Initializer.Add(tensor);
            return model.ToByteArray();
        },
        ["a constant of more than its bytes"] = model =>
        {
            TensorProto tensor = Tensor("small", 4, 4);
            tensor.Dims[0] = 1 << 30;
            model.Graph.Initializer.Add(tensor);
            return model.ToByteArray();
        },
        ["a constant of a negative size"] = model =>
        {
            TensorProto tensor = Tensor("small", 4, 4);
            (tensor.Dims[0], tensor.Dims[1]) = (-4, -4);
            model.Graph.Initializer.Add(tensor);
            return model.ToByteArray();
        },
        ["an operator that nobody knows"] = model => Made(model, "Format", ""),
        ["an operator of another domain"] = model =>
        {
            model.Graph.Node[0].Domain = "com.microsoft";
            return model.ToByteArray();
        },
        ["functions of its own"] = model =>
            [.. model.ToByteArray(), .. Field(25, new byte[] { 0x0a, 0x01, (byte)'f' })],
        ["another set of operators"] = model =>
        {
            model.OpsetImport[0].Version = 21;
            return model.ToByteArray();
        },
        ["a million nodes"] = model =>
        {
            for (int i = 0; i < 1_000_000; i++)
                model.Graph.Node.Add(new NodeProto { OpType = "Relu" });
            return model.ToByteArray();
        },
        ["padding of 10^9"] = model =>
        {
            Constant(model, "pads", 0, 0, 0, 1_000_000_000);
            return Made(model, "Pad", "pads");
        },
        ["a window of 10^6"] = model =>
        {
            model.Graph.Node.Add(
                new NodeProto
                {
                    OpType = "MaxPool",
                    Attribute = { OnnxGraph.Ints("pads", 1_000_000, 1_000_000, 1_000_000, 1_000_000) },
                }
            );
            return model.ToByteArray();
        },
        ["inputs of other names"] = model =>
        {
            foreach (NodeProto node in model.Graph.Node)
                for (int i = 0; i < node.Input.Count; i++)
                    if (node.Input[i] == "rgb")
                        node.Input[i] = "RGB";
            model.Graph.Input.First(i => i.Name == "rgb").Name = "RGB";
            return model.ToByteArray();
        },
        ["inputs of another width"] = model =>
        {
            Shape(model, "rgb").Dim[2].DimValue = 7;
            return model.ToByteArray();
        },
        ["an input more"] = model =>
        {
            ValueInfoProto more = model.Graph.Input[0].Clone();
            more.Name = "more";
            model.Graph.Input.Add(more);
            return model.ToByteArray();
        },
        ["no output of logits"] = model =>
        {
            model.Graph.Output[0].Name = model.Graph.Node[0].Output[0];
            return model.ToByteArray();
        },
        ["no graph"] = _ => new ModelProto { IrVersion = 8 }.ToByteArray(),
        ["nothing"] = _ => [],
        ["half of itself"] = model => model.ToByteArray()[..^(model.CalculateSize() / 2)],
        ["text"] = _ => "import os; os.system('rm -rf /')"u8.ToArray(),
    };

    [Theory]
    [MemberData(nameof(Networks))]
    public void A_network_that_is_not_Gestos_is_refused_in_time_and_memory(string attack)
    {
        using var folder = new Folder();
        Refused(
            folder,
            (manifest, entries) =>
                entries["classifier.onnx"] = Attacks[attack](ModelProto.Parser.ParseFrom(entries["classifier.onnx"])),
            "classifier.onnx"
        );
    }

    [Theory]
    [InlineData("labels", "[]")]
    [InlineData("labels", "null")]
    [InlineData("members", "[]")]
    [InlineData("members/0/views", "1000000000")]
    [InlineData("members/0/views", "1e400")]
    [InlineData("members/0/temperature", "0")]
    [InlineData("members/0/temperature", "-1")]
    [InlineData("members/0/weight", "1e308")]
    [InlineData("members/0/steps", "2000000000")]
    [InlineData("members/0/tempo_spread", "0.9999999999999999999")]
    [InlineData("members/0/antennas", "1000000000")]
    [InlineData("members/0/antennas", "2")]
    [InlineData("members/0/parameters", "-1")]
    [InlineData("members/0/classifier", "\"../../etc/passwd\"")]
    [InlineData("members/0/streams/rgb/width", "2147483647")]
    [InlineData("members/0/streams/rgb/width", "16")]
    [InlineData("members/0/streams/rgb/longest", "2147483647")]
    [InlineData("members/0/streams/radar/encoder", "\"bundle.json\"")]
    [InlineData("members/0/masks", "[]")]
    [InlineData("members/0/masks", "[null]")]
    [InlineData("calibration/temperature", "0")]
    [InlineData("calibration/unknown_below", "7")]
    [InlineData("keys/rgb/shape", "[2147483647, 2147483647]")]
    [InlineData("keys/rgb/shape", "[30, 65536, 4096]")]
    [InlineData("keys/rgb/shape", "[]")]
    [InlineData("keys/rgb/sampling", "\"linspace-2000000000\"")]
    [InlineData("keys/rgb/sampling", "\"whatever\"")]
    [InlineData("keys/rgb/preprocessing", "\"no words of ours\"")]
    [InlineData("keys/radar/preprocessing", "\"no words of ours\"")]
    [InlineData("keys/radar/shape", "[30, 3, 65536, 65536]")]
    [InlineData("rgb_encoder/side", "1000000")]
    [InlineData("rgb_encoder/side", "-5")]
    [InlineData("rgb_encoder/shape", "[1000000, 1000000]")]
    [InlineData("rgb_encoder/shape", "[]")]
    [InlineData("rgb_encoder/entry", "\"classifier.onnx\"")]
    [InlineData("rgb_encoder/preprocessing", "\"none\"")]
    [InlineData("format", "2147483648")]
    public void A_manifest_of_absurd_values_is_refused_in_time_and_memory(string path, string value)
    {
        using var folder = new Folder();
        Refused(
            folder,
            (manifest, _) =>
            {
                JsonNode at = manifest;
                string[] keys = path.Split('/');
                foreach (string key in keys[..^1])
                    at = int.TryParse(key, out int i) ? at[i]! : at[key]!;
                Assert.True(at.AsObject().ContainsKey(keys[^1]), $"no {path} in a bundle");
                at[keys[^1]] = JsonNode.Parse(value);
            },
            "hostile.gesto"
        );
    }

    /// <summary>A network that looks as it should, and then puts out more than there is room for.</summary>
    [Theory]
    [InlineData("classifier.onnx", "logits")]
    [InlineData("radar-encoder.onnx", "features")]
    [InlineData("rgb-encoder.onnx", "features")]
    public async Task A_network_that_fails_on_a_recording_is_the_bundles_fault(string entry, string output)
    {
        using var folder = new Folder();
        Write(folder, (_, entries) =>
        {
            ModelProto model = ModelProto.Parser.ParseFrom(entries[entry]);
            foreach (NodeProto node in model.Graph.Node)
                for (int i = 0; i < node.Output.Count; i++)
                    if (node.Output[i] == output)
                        node.Output[i] = "half";
            model.Graph.Output.Clear();
            Add(model, "Concat", output, ["half", "half"], ("axis", 1));
            model.Graph.Node[^1].Name = "both";
            entries[entry] = model.ToByteArray();
        });
        using Recogniser recogniser = Recogniser.Load(folder["hostile.gesto"]);
        Recording sample = Recording.FromFolder(Directory.GetDirectories(Path.Combine(tiny.Data, "test"))[0]);
        await Assert.ThrowsAsync<BundleException>(() => recogniser.PredictAsync(sample));
        using OpenRecogniser opened = OpenRecogniser.Open(folder["hostile.gesto"], threads: 1);
        Assert.Throws<BundleException>(() => opened.Predict(sample));
        if (entry != "rgb-encoder.onnx") // its features are there already
            Assert.Throws<BundleException>(() =>
                RunEvaluation.Evaluate(
                    new EvaluationOptions
                    {
                        Run = folder["hostile.gesto"],
                        Features = tiny.Features,
                        Threads = 2,
                    }
                )
            );
    }

    /// <summary>Opens what was changed in this process: the memory that it takes at most is measured while it is
    /// opened.</summary>
    private void Refused(Folder folder, Action<JsonObject, Dictionary<string, byte[]>> change, string named)
    {
        Write(folder, change);
        using var watch = new PeakMemory();
        var clock = Stopwatch.StartNew();
        BundleException refused = Assert.Throws<BundleException>(() =>
            Recogniser.Load(folder["hostile.gesto"]).Dispose()
        );
        clock.Stop();
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
        Assert.True(clock.Elapsed < Longest, $"{clock.Elapsed}: {refused.Message}");
        long taken = watch.Growth();
        Assert.True(taken < MostBytes, $"{taken >> 20} MB: {refused.Message}");
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{clock.Elapsed.TotalMilliseconds:0} ms, {taken >> 20} MB: {refused.Message}"
        );
    }

    /// <summary>Changes a good bundle and gives it the hashes of what it then holds.</summary>
    private void Write(Folder folder, Action<JsonObject, Dictionary<string, byte[]>> change)
    {
        RunExport.Save(tiny.Run, folder["good.gesto"], WeightsCache.Default());
        Change(folder["good.gesto"], folder["hostile.gesto"], change);
    }

    /// <summary>The same with other bundles.</summary>
    internal static void Change(string from, string to, Action<JsonObject, Dictionary<string, byte[]>> change)
    {
        var entries = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        JsonObject manifest;
        using (BundleFile good = BundleFile.Open(from))
        {
            manifest = JsonNode.Parse(good.Read(BundleFile.ManifestEntry))!.AsObject();
            foreach ((string name, _, _) in good.Entries.Where(e => e.Name != BundleFile.ManifestEntry))
                entries[name] = good.Read(name);
        }
        change(manifest, entries);
        entries[BundleFile.ManifestEntry] = Encoding.UTF8.GetBytes(manifest.ToJsonString());
        BundleWriter.Write(to, entries);
    }

    private static byte[] Made(ModelProto model, string type, string second)
    {
        model.Graph.Initializer.Add(Tensor("one", 1, 1));
        Add(model, type, "made", second.Length == 0 ? ["one"] : ["one", second]);
        return model.ToByteArray();
    }

    private static void Add(ModelProto model, string type, string output, params string[] inputs) =>
        Add(model, type, output, inputs, ("", 0));

    private static void Add(
        ModelProto model,
        string type,
        string output,
        string[] inputs,
        (string Name, long Value) set
    )
    {
        var node = new NodeProto
        {
            OpType = type,
            Name = output,
            Output = { output },
            Input = { inputs },
        };
        if (set.Name.Length > 0)
            node.Attribute.Add(OnnxGraph.Integer(set.Name, set.Value));
        model.Graph.Node.Add(node);
        // What no output needs is dropped, not computed.
        model.Graph.Output.Add(
            new ValueInfoProto
            {
                Name = output,
                Type = new TypeProto { TensorType = new() { ElemType = (int)TensorProto.Types.DataType.Float } },
            }
        );
    }

    private static void Constant(ModelProto model, string name, params long[] values) =>
        model.Graph.Initializer.Add(
            new TensorProto
            {
                Name = name,
                DataType = (int)TensorProto.Types.DataType.Int64,
                Dims = { values.Length },
                RawData = ByteString.CopyFrom([.. values.SelectMany(BitConverter.GetBytes)]),
            }
        );

    private static TensorProto Tensor(string name, int rows, int columns) =>
        new()
        {
            Name = name,
            DataType = (int)TensorProto.Types.DataType.Float,
            Dims = { rows, columns },
            RawData = ByteString.CopyFrom(new byte[4 * rows * columns]),
        };

    private static TensorShapeProto Shape(ModelProto model, string input) =>
        model.Graph.Input.First(i => i.Name == input).Type.TensorType.Shape;

    private static byte[] Field(int number, byte[] bytes) =>
        [(byte)(number << 3 & 0x7f | 2 | 0x80), (byte)(number >> 4), (byte)bytes.Length, .. bytes];
}
