using Gesto.Encoders;

namespace Gesto.Training.Weights;

/// <summary>Turns Keras' ResNet50 v1 weights into torchvision's names and layouts.</summary>
internal static class KerasNames
{
    /// <param name="keras">As <see cref="TfjsReader"/> gives them.</param>
    /// <param name="file">What to call the source in errors.</param>
    /// <returns>Kernels (O, I, H, W), dense (O, I), batch norm as weight, bias, running_mean, running_var.</returns>
    public static Dictionary<string, NamedTensor> ToTorch(IReadOnlyDictionary<string, NamedTensor> keras, string file)
    {
        var torch = new Dictionary<string, NamedTensor>(StringComparer.Ordinal);
        foreach (ConvolutionUnit unit in ResNet50Layout.Units(ResNet50Variant.V1))
        {
            (string convolution, string norm) = Names(unit.Convolution);
            Take($"{convolution}/kernel", $"{unit.Convolution}.weight");
            Take($"{convolution}/bias", $"{unit.Convolution}.bias");
            Take($"{norm}/gamma", $"{unit.Norm}.weight");
            Take($"{norm}/beta", $"{unit.Norm}.bias");
            Take($"{norm}/moving_mean", $"{unit.Norm}.running_mean");
            Take($"{norm}/moving_variance", $"{unit.Norm}.running_var");
        }
        if (keras.ContainsKey("fc1000/kernel"))
        {
            Take("fc1000/kernel", "fc.weight");
            Take("fc1000/bias", "fc.bias");
        }
        if (torch.Count != keras.Count)
            throw new InvalidDataException(
                $"{file}: {keras.Count} weights, a ResNet50 has {torch.Count}. It is another network."
            );
        return torch;

        void Take(string from, string to)
        {
            if (!keras.TryGetValue(from, out NamedTensor? tensor))
                throw new InvalidDataException($"{file}: weight '{from}' is missing; Keras' ResNet50 is expected.");
            torch.Add(to, OutputsFirst(tensor) with { Name = to });
        }
    }

    /// <returns>Keras' names: layer2.0.conv3 → res3a_branch2c and bn3a_branch2c, a projection → …_branch1.</returns>
    private static (string Convolution, string Norm) Names(string convolution)
    {
        if (convolution == ResNet50Layout.Stem.Convolution)
            return ("conv1", "bn_conv1");
        string[] parts = convolution.Split('.');
        char block = (char)('a' + parts[1][0] - '0');
        string branch = parts[2] == "downsample" ? "1" : $"2{(char)('a' + parts[2][^1] - '1')}";
        string name = $"{parts[0][^1] - '0' + 1}{block}_branch{branch}";
        return ($"res{name}", $"bn{name}");
    }

    /// <returns>(H, W, I, O) → (O, I, H, W), (I, O) → (O, I); vectors as they are.</returns>
    private static NamedTensor OutputsFirst(NamedTensor tensor)
    {
        if (tensor.Shape.Length is not (2 or 4))
            return tensor;
        ReadOnlySpan<float> from = tensor.Singles;
        int outputs = (int)tensor.Shape[^1],
            inputs = (int)tensor.Shape[^2];
        int area = outputs == 0 || inputs == 0 ? 0 : from.Length / (outputs * inputs);
        var to = new float[from.Length];
        for (int p = 0; p < area; p++)
        for (int i = 0; i < inputs; i++)
        for (int o = 0; o < outputs; o++)
            to[(o * inputs + i) * area + p] = from[(p * inputs + i) * outputs + o];
        return NamedTensor.From(tensor.Name, to, [outputs, inputs, .. tensor.Shape[..^2]]);
    }
}
