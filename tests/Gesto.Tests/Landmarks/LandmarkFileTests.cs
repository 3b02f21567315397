using Gesto.Files;
using Gesto.Landmarks;

namespace Gesto.Tests.Landmarks;

public sealed class LandmarkFileTests : IDisposable
{
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>Every value of a frame tells its place.</summary>
    private static float[] Counted(int frames, int width) =>
        [.. Enumerable.Range(0, frames * width).Select(i => 1 + i % width + i / width / 4f)];

    private string Save(string name, NpyArray array)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder[name])!);
        NpyFile.Save(folder[name], array);
        return folder[name];
    }

    [Theory]
    [InlineData("<f4")]
    [InlineData("<f8")]
    [InlineData("<f2")]
    public void A_frame_of_1662_values_is_body_face_and_hands(string type)
    {
        float[] values = Counted(2, 1662);
        byte[] bytes = type switch
        {
            "<f8" => [.. values.SelectMany(v => BitConverter.GetBytes((double)v))],
            "<f2" => [.. values.SelectMany(v => BitConverter.GetBytes((Half)v))],
            _ => [.. values.SelectMany(BitConverter.GetBytes)],
        };
        LandmarkClip clip = LandmarkFile.Load(Save("a.npy", new NpyArray(type, [2, 1662], bytes)));
        Assert.Equal(2, clip.Length);
        Assert.Equal(132f, clip.Values[131], 0.51f);
        // After the face's 468 × 3: halves have 11 bits, so 1 of 1,662.
        Assert.Equal(132f + 1404 + 1, clip.Values[132], 1f);
        Assert.Equal(1662f, clip.Values[257], 1f);
        Assert.Equal(clip.Values[0] + 0.25f, clip.Values[258], 1e-3f);
    }

    [Fact]
    public void Hands_alone_and_hands_with_body_stand_in_their_places()
    {
        LandmarkClip hands = LandmarkFile.Load(Save("a.npy", NpyArray.From(Counted(1, 126), 1, 126)));
        Assert.All(hands.Values[..132], v => Assert.Equal(0, v));
        Assert.Equal(Counted(1, 126), hands.Values[132..]);
        Assert.Equal(Counted(3, 258), LandmarkFile.Load(Save("b.npy", NpyArray.From(Counted(3, 258), 3, 258))).Values);
        Assert.Equal(1, LandmarkFile.Load(Save("c.npy", NpyArray.From(Counted(1, 258), 258))).Length);
    }

    [Fact]
    public void Hands_of_NaN_are_hands_not_found()
    {
        float[] values = Counted(1, 126);
        values.AsSpan(0, 63).Fill(float.NaN);
        LandmarkClip clip = LandmarkFile.Load(Save("a.npy", NpyArray.From(values, 1, 126)));
        Assert.All(clip.Values[132..195], v => Assert.Equal(0, v));
        values[3] = 1;
        Assert.Throws<InvalidDataException>(() => LandmarkFile.Load(Save("a.npy", NpyArray.From(values, 1, 126))));
    }

    [Fact]
    public void A_folder_of_frames_is_one_recording_in_the_order_of_their_numbers()
    {
        for (int t = 0; t < 11; t++)
            Save($"take/{t}.npy", NpyArray.From([.. Counted(1, 258).Select(v => v + t)], 258));
        folder.Write("take/notes.txt", "mine");
        Assert.True(LandmarkFrames.Are(folder["take"]));
        LandmarkClip clip = LandmarkFile.Load(folder["take"]);
        Assert.Equal(
            Enumerable.Range(1, 11).Select(t => (float)t),
            Enumerable.Range(0, 11).Select(t => clip.Values[258 * t])
        );
        File.Delete(folder["take/7.npy"]);
        InvalidDataException missing = Assert.Throws<InvalidDataException>(() => LandmarkFile.Load(folder["take"]));
        Assert.Contains("8.npy comes after 6.npy", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_landmarks_is_refused_with_what_was_found_and_expected()
    {
        foreach (
            (NpyArray array, string said) in new[]
            {
                (NpyArray.From(Counted(2, 99), 2, 99), "shape (2, 99), expected (frames, 1662)"),
                (NpyArray.From([.. Counted(1, 126).Select(_ => 1e9f)], 1, 126), "within ±1000000"),
                (NpyArray.From(new byte[258], 1, 258), "'|u1', expected floats"),
                (NpyArray.From(Array.Empty<float>(), 0, 258), "0 frames"),
            }
        )
        {
            string path = Save("a.npy", array);
            InvalidDataException e = Assert.Throws<InvalidDataException>(() => LandmarkFile.Load(path));
            Assert.Contains(path, e.Message, StringComparison.Ordinal);
            Assert.Contains(said, e.Message, StringComparison.Ordinal);
        }
        Assert.Throws<FileNotFoundException>(() => LandmarkFile.Load(folder["none.npy"]));
        Directory.CreateDirectory(folder["empty"]);
        Assert.Throws<InvalidDataException>(() => LandmarkFile.Load(folder["empty"]));
    }
}
