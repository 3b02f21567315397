using System.Security.Cryptography;
using System.Text.Json;
using Gesto.MediaPipe;
using Gesto.Training.Weights;
using Gesto.Video;

namespace Gesto.Training.Tests.MediaPipe;

/// <summary>Against what MediaPipe's own JavaScript found in the same frames (bench/landmarks/reference.mjs, in
/// Chromium, inference on the CPU). Needs the networks in the cache and the real recordings; is skipped without
/// them.</summary>
public sealed class MediaPipeParityTests(MediaPipeParityTests.Networks networks)
    : IClassFixture<MediaPipeParityTests.Networks>
{
    /// <summary>The JavaScript samples pictures on a graphics card's 8 bits between two pixels.</summary>
    private const float Pixels = 0.1f;

    private static readonly string[] Sides = ["left", "right"];

    public sealed class Networks : IDisposable
    {
        private HolisticLandmarker? landmarker;

        internal HolisticLandmarker Open()
        {
            if (!LandmarkWeights.AreIn(WeightsCache.Default()))
                Assert.Skip("MediaPipe's networks are not in the cache; fetch them with 'gesto weights --landmarks'.");
            return landmarker ??= LandmarkWeights.Open(WeightsCache.Default());
        }

        public void Dispose() => landmarker?.Dispose();
    }

    [Fact]
    public void Body_and_hands_are_those_that_holistic_js_finds()
    {
        HolisticLandmarker landmarker = networks.Open();
        string root = RealRecordings.Root();
        float worst = 0;
        foreach (JsonElement expected in References("holistic.jsonl"))
        {
            (RgbFrame frame, string name) = Load(root, expected);
            HolisticResult found = landmarker.FindAtArms(frame);
            Assert.Equal(Has(expected, "pose"), found.Pose is not null);
            if (found.Pose is { } pose)
            {
                Compare(name + " pose", expected.GetProperty("pose"), pose.Joints, 4, frame, ref worst);
                for (int j = 0; j < 33; j++)
                    Assert.Equal(expected.GetProperty("pose")[j][3].GetSingle(), pose.Visibility(j), 0.002f);
            }
            foreach ((string side, HandResult? hand) in Sides.Zip([found.Left, found.Right]))
            {
                Assert.True(Has(expected, side) == hand is not null, $"{name} {side}: presence differs");
                if (hand is not null)
                    Compare($"{name} {side}", expected.GetProperty(side), hand.Joints, 3, frame, ref worst);
            }
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"joints within {worst:0.000} px");
        Assert.InRange(worst, 0, Pixels);
    }

    [Fact]
    public void Only_a_hand_at_rest_is_not_looked_for_while_the_other_signs()
    {
        HolisticLandmarker landmarker = networks.Open();
        string root = RealRecordings.Root();
        int left = 0;
        foreach (JsonElement expected in References("holistic.jsonl"))
        {
            (RgbFrame frame, string name) = Load(root, expected);
            HolisticResult all = landmarker.FindAtArms(frame),
                signing = landmarker.FindAtArms(frame, signing: true);
            Assert.Equal(all.Pose?.Joints, signing.Pose?.Joints);
            Assert.Equal(all.Left is null && all.Right is null, signing.Left is null && signing.Right is null);
            foreach ((bool isLeft, HandResult? a, HandResult? b) in Hands(all, signing))
            {
                if (b is not null || a is null)
                {
                    Assert.Equal(a?.Joints, b?.Joints);
                    continue;
                }
                Assert.True(all.Pose!.IsAtRest(isLeft), name);
                left++;
            }
        }
        Assert.InRange(left, 1, 39); // there are some among them

        static IEnumerable<(bool Left, HandResult? All, HandResult? Signing)> Hands(HolisticResult a, HolisticResult b)
        {
            yield return (true, a.Left, b.Left);
            yield return (false, a.Right, b.Right);
        }
    }

    [Fact]
    public void Close_ups_show_the_hands_that_hands_js_finds()
    {
        HolisticLandmarker landmarker = networks.Open();
        string root = RealRecordings.Root();
        float worst = 0;
        foreach (JsonElement expected in References("hands.jsonl"))
        {
            (RgbFrame frame, string name) = Load(root, expected);
            List<HandResult> found = landmarker.FindPalms(frame);
            JsonElement hands = expected.GetProperty("hands");
            Assert.True(hands.GetArrayLength() == found.Count, $"{name}: {found.Count} hands");
            foreach ((int i, HandResult hand) in found.Index())
            {
                Compare($"{name} {i}", hands[i], hand.Joints, 3, frame, ref worst);
                for (int j = 0; j < 63; j++)
                    Assert.Equal(expected.GetProperty("worlds")[i][j / 3][j % 3].GetSingle(), hand.World[j], 0.0005f);
                // It takes pictures for mirrored ones, in which a right hand looks like a left one.
                JsonElement label = expected.GetProperty("labels")[i];
                float right = label[0].GetString() == "Left" ? label[1].GetSingle() : 1 - label[1].GetSingle();
                Assert.Equal(right, hand.Right, 0.005f);
            }
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"joints within {worst:0.000} px");
        Assert.InRange(worst, 0, Pixels);
    }

    private static IEnumerable<JsonElement> References(string file) =>
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Golden", file))
            .Select(line => JsonDocument.Parse(line).RootElement);

    private static bool Has(JsonElement of, string name) => of.GetProperty(name).ValueKind == JsonValueKind.Array;

    private static (RgbFrame Frame, string Name) Load(string root, JsonElement expected)
    {
        string name = expected.GetProperty("name").GetString()!;
        string[] parts = name.Split('#');
        RgbFrame? frame = null;
        VideoInfo info = VideoFile.Probe(Path.Combine(root, parts[0]), VideoLimits.Default, default);
        VideoFile.Decode(
            info,
            colour: true,
            (index, width, height, pixels) =>
            {
                if (index == int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture))
                    frame = new RgbFrame(pixels.ToArray(), width, height);
            },
            VideoLimits.Default,
            default
        );
        Assert.Equal(
            expected.GetProperty("sha256").GetString(),
            Convert.ToHexStringLower(SHA256.HashData(frame!.Pixels))
        );
        return (frame, name);
    }

    /// <param name="name">Of frame and part.</param>
    /// <param name="expected">x, y and z as shares of the picture's width and height.</param>
    /// <param name="found">Pixels.</param>
    /// <param name="size">Values of a joint.</param>
    /// <param name="frame">The picture.</param>
    /// <param name="worst">Largest distance in the picture, pixels.</param>
    private static void Compare(
        string name,
        JsonElement expected,
        float[] found,
        int size,
        RgbFrame frame,
        ref float worst
    )
    {
        foreach ((int j, JsonElement joint) in expected.EnumerateArray().Index())
        {
            float x = found[j * size] - joint[0].GetSingle() * frame.Width,
                y = found[j * size + 1] - joint[1].GetSingle() * frame.Height,
                z = found[j * size + 2] - joint[2].GetSingle() * frame.Width,
                distance = MathF.Sqrt(x * x + y * y);
            if (distance > Pixels)
                TestContext.Current.TestOutputHelper?.WriteLine($"{name} joint {j}: {distance:0.000} px beside it");
            worst = Math.Max(worst, distance);
            Assert.True(Math.Abs(z) < 1, $"{name} joint {j}: depth differs by {z:0.00} px");
        }
    }
}
