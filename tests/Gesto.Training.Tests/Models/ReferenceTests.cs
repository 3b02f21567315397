using System.Text.Json;
using Gesto.Recordings;
using Gesto.Training.Fitting;
using Gesto.Training.Models;
using static TorchSharp.torch;

namespace Gesto.Training.Tests.Models;

/// <summary>Against PyTorch: committed numbers, and the PyTorch of this machine where there is one.</summary>
public class ReferenceTests
{
    /// <summary>float32 sums in another order differ by about 1e-7 here; a swapped gate, a missed bias correction or
    /// padding that is read differs by more than 1e-3.</summary>
    private const double Tolerance = 1e-5;

    [Fact]
    public void Committed_numbers_of_PyTorch_are_reproduced() =>
        Compare(File.ReadAllText("Golden/training-reference.json"));

    [Fact]
    public void PyTorch_on_this_machine_gives_the_same_numbers() =>
        Compare(DebianPython.Run("torch", File.ReadAllText("Golden/training_reference.py")));

    private static void Compare(string json)
    {
        using var expected = JsonDocument.Parse(json);
        (double[] logits, double[] losses) = Fuse();
        AssertClose("logits", logits);
        AssertClose("losses", losses);
        AssertClose("radar", Radar(coordinates: false));
        AssertClose("radar_coordinates", Radar(coordinates: true));

        void AssertClose(string name, double[] found)
        {
            double[] reference =
            [
                .. expected.RootElement.GetProperty(name).EnumerateArray().Select(v => v.GetDouble()),
            ];
            Assert.Equal(reference.Length, found.Length);
            for (int i = 0; i < found.Length; i++)
                Assert.True(
                    Math.Abs(reference[i] - found[i]) < Tolerance,
                    $"{name}[{i}]: {found[i]}, PyTorch {reference[i]}"
                );
        }
    }

    /// <returns>Logits of the packed LSTM, then the loss before each of three Adam steps and after the last.</returns>
    private static (double[] Logits, double[] Losses) Fuse()
    {
        using var scope = NewDisposeScope();
        using var model = new SignModel(
            PerModality.Of(new ModalityInput(20, null, 0), null),
            new LateFusion(20),
            new LstmModel(20, 24, layers: 2, dropout: 0),
            dropout: 0,
            classes: 5
        );
        FormulaTensors.Fill(model, 0.5f);
        var x = new ModalitySteps(tensor(FormulaTensors.Values(100, 4 * 7 * 20), [4, 7, 20]), [7, 2, 5, 1]);
        Tensor target = tensor(new long[] { 3, 0, 4, 1 });
        using var adam = new Adam(model.named_parameters(), learningRate: 1e-2);
        double[] logits = [.. model.Classify(PerModality.Of(x, null)).data<float>().ToArray()];
        var losses = new List<double>();
        for (int step = 0; step < 3; step++)
        {
            Tensor loss = nn.functional.cross_entropy(model.Classify(PerModality.Of(x, null)), target);
            losses.Add(loss.item<float>());
            adam.ZeroGradients();
            loss.backward();
            adam.Step();
        }
        losses.Add(nn.functional.cross_entropy(model.Classify(PerModality.Of(x, null)), target).item<float>());
        return (logits, [.. losses]);
    }

    private static double[] Radar(bool coordinates)
    {
        using var scope = NewDisposeScope();
        using var cnn = new RadarCnn(coordinates, RadarPreparation.None, mean: 100, deviation: 50);
        FormulaTensors.Fill(cnn, 0.3f);
        byte[] frames =
        [
            .. FormulaTensors.Values(200, 2 * 3 * 10 * 14).Select(v => (byte)MathF.Floor((v + 1) * 127.5f)),
        ];
        return [.. cnn.forward(tensor(frames, [2, 3, 10, 14])).data<float>().ToArray()];
    }
}
