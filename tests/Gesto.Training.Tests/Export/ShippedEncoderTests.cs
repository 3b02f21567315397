using Gesto.Bundles;
using Gesto.Encoders;
using Gesto.Training.Features;
using Gesto.Training.Tests.Weights;
using Gesto.Training.Weights;
using Microsoft.ML.OnnxRuntime;

namespace Gesto.Training.Tests.Export;

/// <summary>ResNet50 in each form that a bundle holds is what a bundle's reader asks for.</summary>
public class ShippedEncoderTests
{
    [Theory]
    [InlineData("")]
    [InlineData("-int8")]
    [InlineData(ResNet50Network.MapsSuffix)]
    public void ResNet50_passes_with_the_ports_that_its_name_says(string form)
    {
        ResNet50Weights weights = FormulaResNet50.Weights(ResNet50Variant.V1);
        byte[] model = form switch
        {
            "" => ResNet50Graph.Build(weights),
            "-int8" => Int8Graph.Build(weights, Ranges(weights)),
            _ => ResNet50Graph.BuildMaps(weights),
        };
        NetworkCheck.Check(new MemoryStream(model), "this");
        using InferenceSession session = OnnxSession.Open(model, threads: 1);
        Encoder(form).Ports().Check(session, "this");
        // and the check sees the difference
        string other = form == ResNet50Network.MapsSuffix ? "" : ResNet50Network.MapsSuffix;
        Assert.Throws<BundleException>(() => Encoder(other).Ports().Check(session, "this"));
        Assert.Throws<BundleException>(() => (Encoder(form) with { Side = 112 }).Ports().Check(session, "this"));
    }

    private static Int8Ranges Ranges(ResNet50Weights weights) =>
        Int8Calibration.Find(
            weights,
            [FormulaResNet50.Frames()[..(ResNet50Network.Side * ResNet50Network.Side * 3)]],
            threads: 1,
            default
        );

    private static BundledRgbEncoder Encoder(string form) =>
        new("rgb-encoder.onnx", "resnet50-v1" + form, "", ResNet50Network.Side, [], "<f4");
}
