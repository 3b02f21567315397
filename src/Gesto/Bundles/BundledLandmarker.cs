using Gesto.MediaPipe;
using Gesto.Recordings;
using Microsoft.ML.OnnxRuntime;

namespace Gesto.Bundles;

/// <summary>The networks that find landmarks in RGB video, for a recogniser that learnt from such.</summary>
/// <param name="Name">As in feature keys.</param>
/// <param name="Networks">By the names of <see cref="LandmarkModel.All"/>, their files in the bundle.</param>
internal sealed record BundledLandmarker(string Name, IReadOnlyDictionary<string, string> Networks)
{
    /// <returns>The name of a network's file.</returns>
    public static string EntryOf(LandmarkModel model) => $"landmarks-{model.Name}.onnx";

    /// <summary>True where all are named.</summary>
    public bool IsWhole =>
        Name == VideoLandmarkReader.EncoderName
        && Networks is not null
        && LandmarkModel.All.All(m => Networks.TryGetValue(m.Name, out string? entry) && entry is not null);

    /// <summary>Opens those of a bundle beside one another, for calls of one thread each; the caller's to
    /// dispose.</summary>
    /// <returns>Null where it has none.</returns>
    /// <exception cref="BundleException">A network is not there, or not what it should be.</exception>
    public static HolisticLandmarker? Open(BundleFile bundle)
    {
        if (bundle.Manifest.Landmarker is not { } known)
            return null;
        var opening = new Dictionary<LandmarkModel, Task<InferenceSession>>();
        try
        {
            foreach (LandmarkModel model in LandmarkModel.All)
            {
                UnpackedNetwork network = bundle.Unpack(known.Networks[model.Name]);
                opening[model] = Task.Run(() =>
                {
                    using (network)
                        return network.Open(threads: 1, PortsOf(model));
                });
            }
            return new(model =>
            {
                InferenceSession session = opening[model].GetAwaiter().GetResult();
                opening.Remove(model); // the landmarker's now
                return session;
            });
        }
        catch (InvalidDataException e)
        {
            throw new BundleException($"{bundle.Path}: {e.Message}", e);
        }
        finally
        {
            foreach (Task<InferenceSession> left in opening.Values)
                left.ContinueWith(t => t.IsCompletedSuccessfully ? t.Result : null).Result?.Dispose();
        }
    }

    private static NetworkPorts PortsOf(LandmarkModel model) =>
        new(
            [.. model.Outputs.OfType<(string Name, int)>().Select(o => o.Name)],
            new NetworkInput(LandmarkModel.Picture, typeof(float), 1, 3, model.Side, model.Side)
        );
}
