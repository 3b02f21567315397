using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Gesto.Files;

namespace Gesto.Landmarks;

/// <summary>A group of a `.pose` file's points.</summary>
/// <param name="Name">E.g. "POSE_LANDMARKS".</param>
/// <param name="Format">A letter for each value of a point, the confidence last: "XYZC".</param>
/// <param name="Points">Their names.</param>
/// <param name="Limbs">Pairs of points that are drawn joined.</param>
/// <param name="Colours">Red, green, blue of points or limbs.</param>
internal sealed record PoseComponent(
    string Name,
    string Format,
    IReadOnlyList<string> Points,
    IReadOnlyList<(ushort From, ushort To)> Limbs,
    IReadOnlyList<(ushort Red, ushort Green, ushort Blue)> Colours
);

/// <summary>The `.pose` format of sign-language-processing, versions 0.1 and 0.2; 0.2 is written.</summary>
/// <remarks>Little-endian. Header: version (float32), width, height, depth and number of components (uint16), the
/// components. Body: frames a second and frames (0.1: uint16, uint16; 0.2: float32, uint32), people (uint16), then
/// float32 values and float32 confidences.</remarks>
internal sealed record PoseFile
{
    /// <summary>Width, height and depth of the picture that the points are in, pixels.</summary>
    public required (ushort Width, ushort Height, ushort Depth) Size { get; init; }

    /// <summary>In the order of their points.</summary>
    public required IReadOnlyList<PoseComponent> Components { get; init; }

    public required float FramesPerSecond { get; init; }

    /// <summary>T.</summary>
    public required int Frames { get; init; }

    /// <summary>In every frame.</summary>
    public required int People { get; init; }

    /// <summary>(T, people, points, <see cref="Dimensions"/>).</summary>
    public required float[] Values { get; init; }

    /// <summary>(T, people, points); 0 = not found.</summary>
    public required float[] Confidences { get; init; }

    /// <summary>Values of a point without its confidence.</summary>
    public int Dimensions => DimensionsOf(Components);

    /// <summary>Points of one person.</summary>
    public int Points => Components.Sum(c => c.Points.Count);

    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="InvalidDataException">As <see cref="Read"/>.</exception>
    public static PoseFile Load(string path)
    {
        using FileStream stream = RecordingFile.Open(path, 1 << 16);
        return Read(stream, path);
    }

    /// <param name="stream">Can seek; read to its end.</param>
    /// <param name="name">What to call it in errors.</param>
    /// <exception cref="InvalidDataException">Another format or version, cut, or longer than announced.</exception>
    public static PoseFile Read(Stream stream, string name)
    {
        var reader = new PoseReader(stream, name);
        float version = reader.Single();
        bool first = Math.Abs(version - 0.1f) < 1e-4;
        if (!first && !(Math.Abs(version - 0.2f) < 1e-4))
            throw new InvalidDataException(
                FormattableString.Invariant(
                    $"{name}: begins with version {version}, expected a .pose file of version 0.1 or 0.2. Write it again with the pose-format package."
                )
            );
        (ushort, ushort, ushort) size = (reader.UInt16(), reader.UInt16(), reader.UInt16());
        PoseComponent[] components = reader.Components();
        float rate = first ? reader.UInt16() : reader.Single();
        long frames = first ? reader.UInt16() : reader.UInt32();
        int people = reader.UInt16(),
            points = components.Sum(c => c.Points.Count),
            dimensions = DimensionsOf(components);
        // Before allocating: a few bytes may announce anything. All factors together may pass any integer.
        double each = (double)people * points * sizeof(float),
            announced = frames * each * (dimensions + 1);
        if (frames > LandmarkClip.MostFrames || announced != reader.Left)
            throw new InvalidDataException(
                FormattableString.Invariant(
                    $"{name}: {frames} frames of {people} people with {points} points are {announced:0} bytes, found {reader.Left}. The file is cut or damaged; write it again."
                )
            );
        if (each * frames * dimensions > Array.MaxLength)
            throw new InvalidDataException(
                FormattableString.Invariant($"{name}: {announced:0} bytes of points, the limit is 2 GB. Cut it.")
            );
        return new PoseFile
        {
            Size = size,
            Components = components,
            FramesPerSecond = rate,
            Frames = (int)frames,
            People = people,
            Values = reader.Singles((int)(frames * people * points * dimensions)),
            Confidences = reader.Singles((int)(frames * people * points)),
        };
    }

    /// <summary>Writes version 0.2.</summary>
    public void Write(Stream stream)
    {
        using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        writer.Write(0.2f);
        writer.Write(Size.Width);
        writer.Write(Size.Height);
        writer.Write(Size.Depth);
        writer.Write(checked((ushort)Components.Count));
        foreach (PoseComponent component in Components)
        {
            Text(component.Name);
            Text(component.Format);
            writer.Write(checked((ushort)component.Points.Count));
            writer.Write(checked((ushort)component.Limbs.Count));
            writer.Write(checked((ushort)component.Colours.Count));
            foreach (string point in component.Points)
                Text(point);
            foreach ((ushort from, ushort to) in component.Limbs)
            {
                writer.Write(from);
                writer.Write(to);
            }
            foreach ((ushort red, ushort green, ushort blue) in component.Colours)
            {
                writer.Write(red);
                writer.Write(green);
                writer.Write(blue);
            }
        }
        writer.Write(FramesPerSecond);
        writer.Write((uint)Frames);
        writer.Write(checked((ushort)People));
        writer.Write(MemoryMarshal.AsBytes<float>(Values));
        writer.Write(MemoryMarshal.AsBytes<float>(Confidences));

        void Text(string text)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            writer.Write(checked((ushort)bytes.Length));
            writer.Write(bytes);
        }
    }

    /// <summary>Writes version 0.2, whole or not at all.</summary>
    public void Save(string path) => AtomicFile.Write(path, Write);

    private static int DimensionsOf(IReadOnlyList<PoseComponent> components) =>
        components.Max(c => c.Format.Length) - 1;

    /// <summary>Values one after another; the end of the file is an error.</summary>
    private sealed class PoseReader(Stream stream, string name)
    {
        /// <summary>Holistic has 576; what passes this is damage.</summary>
        private const int MostPoints = 10_000,
            MostComponents = 64;

        private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

        public long Left => stream.Length - stream.Position;

        public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Bytes(stackalloc byte[2]));

        public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(stackalloc byte[4]));

        public float Single() => BinaryPrimitives.ReadSingleLittleEndian(Bytes(stackalloc byte[4]));

        public float[] Singles(int count)
        {
            var values = new float[count];
            Bytes(MemoryMarshal.AsBytes(values.AsSpan()));
            return values;
        }

        public PoseComponent[] Components()
        {
            int count = UInt16();
            if (count is < 1 or > MostComponents)
                throw Damaged($"{count} components", $"1 to {MostComponents}");
            var components = new PoseComponent[count];
            int points = 0;
            for (int i = 0; i < count; i++)
            {
                string called = Text(),
                    format = Text();
                if (
                    format.Length is < 3 or > 8
                    || !format.StartsWith("XY", StringComparison.Ordinal)
                    || format[^1] != 'C'
                )
                    throw Damaged($"values '{format}' of a point of '{called}'", "'XYC' or 'XYZC'");
                int own = UInt16(),
                    limbs = UInt16(),
                    colours = UInt16();
                if ((points += own) > MostPoints)
                    throw Damaged($"{points} points", $"{MostPoints} at most");
                // In this order in the file, which is that of the arguments.
                components[i] = new(
                    called,
                    format,
                    Many(own, Text),
                    Many(limbs, () => (UInt16(), UInt16())),
                    Many(colours, () => (UInt16(), UInt16(), UInt16()))
                );
            }
            return components;
        }

        private static List<T> Many<T>(int count, Func<T> read)
        {
            var many = new List<T>(); // grows as the file gives
            for (int i = 0; i < count; i++)
                many.Add(read());
            return many;
        }

        private string Text()
        {
            var bytes = new byte[UInt16()];
            Bytes(bytes);
            try
            {
                return Strict.GetString(bytes);
            }
            catch (DecoderFallbackException)
            {
                throw Damaged("a name that is no text", "UTF-8");
            }
        }

        private Span<byte> Bytes(Span<byte> to)
        {
            int got = stream.ReadAtLeast(to, to.Length, throwOnEndOfStream: false);
            return got == to.Length
                ? to
                : throw new InvalidDataException(
                    $"{name}: ends after {stream.Length} bytes, in the middle of what it announces. It is cut or no .pose file; write it again."
                );
        }

        private InvalidDataException Damaged(string found, string expected) =>
            new($"{name}: found {found}, expected {expected}. The file is damaged or no .pose file; write it again.");
    }
}
