using Gesto.Files;

namespace Gesto.Video;

/// <summary>Reads what a decoder must know beforehand (how many packets there are, how long they last) from a
/// container's own index, in this process: starting `ffprobe` costs more than decoding a radar video does.</summary>
/// <remarks>A guess that the decoder confirms: <see cref="VideoFile"/> asks ffprobe as soon as anything disagrees. So
/// whatever is unusual here (several tracks, fragments, a file that ends early) is left to ffprobe by answering
/// null.</remarks>
internal static class ContainerIndex
{
    /// <returns>Null where only ffprobe can tell.</returns>
    public static VideoInfo? TryRead(string path, string container, VideoLimits limits)
    {
        if (container is not ("matroska" or "mov"))
            return null;
        try
        {
            using FileStream stream = RecordingFile.Open(path, 1 << 14);
            VideoInfo? info =
                container == "mov"
                    ? MovieIndex.Read(stream, path, limits.MaxFrames)
                    : ReadMatroska(stream, path, limits.MaxFrames);
            return
                info is { Packets: > 0, Width: > 0, Height: > 0, Duration: { } announced, LastsSeconds: > 0 }
                && double.IsFinite(announced)
                && double.IsFinite(info.LastsSeconds)
                && (long)info.Width * info.Height <= limits.MaxPixels
                ? info with
                {
                    FromIndex = true,
                }
                : null;
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or OverflowException)
        {
            return null;
        }
    }

    private static VideoInfo? ReadMatroska(FileStream stream, string path, int mostFrames)
    {
        var reader = new EbmlReader(stream);
        double? announced = null;
        double scale = 1e-3,
            frame = 0,
            first = double.PositiveInfinity,
            end = double.NegativeInfinity;
        long cluster = 0;
        int tracks = 0,
            packets = 0,
            width = 0,
            height = 0;
        bool video = false;
        string codec = "";
        double last = 0;
        byte[] settings = [];
        var times = new List<double>();
        while (reader.Next(out uint id, out long size))
        {
            switch (id)
            {
                case EbmlReader.Segment
                or EbmlReader.Info
                or EbmlReader.Tracks
                or EbmlReader.VideoSettings
                or EbmlReader.Colour
                or EbmlReader.Cluster
                or EbmlReader.BlockGroup:
                    break; // step into it
                case EbmlReader.TrackEntry:
                    if (++tracks > 1)
                        return null;
                    break;
                case EbmlReader.TimestampScale:
                    scale = reader.ReadUnsigned(size) * 1e-9;
                    break;
                case EbmlReader.Duration:
                    announced = reader.ReadFloat(size);
                    break;
                case EbmlReader.TrackType:
                    video = reader.ReadUnsigned(size) == 1;
                    break;
                case EbmlReader.CodecId:
                    codec = reader.ReadText(size);
                    break;
                case EbmlReader.DefaultDuration:
                    frame = reader.ReadUnsigned(size) * 1e-9;
                    break;
                case EbmlReader.PixelWidth:
                    width = checked((int)reader.ReadUnsigned(size));
                    break;
                case EbmlReader.PixelHeight:
                    height = checked((int)reader.ReadUnsigned(size));
                    break;
                case EbmlReader.CodecPrivate:
                    settings = reader.ReadStart(size, most: 4);
                    break;
                case EbmlReader.BitsPerChannel:
                    if (reader.ReadUnsigned(size) > 8)
                        return null;
                    break;
                case EbmlReader.TransferCharacteristics:
                    if (VideoRanges.IsHigh(reader.ReadUnsigned(size)))
                        return null;
                    break;
                case EbmlReader.ContentEncodings:
                    return null;
                case EbmlReader.ClusterTimestamp:
                    cluster = reader.ReadUnsigned(size);
                    break;
                case EbmlReader.BlockDuration:
                    end = Math.Max(end, last + reader.ReadUnsigned(size) * scale);
                    break;
                case EbmlReader.SimpleBlock or EbmlReader.Block:
                    if (size < 4 || reader.ReadByte() < 0x80)
                        return null; // a track number above 127
                    last = (cluster + reader.ReadInt16()) * scale;
                    if ((reader.ReadByte() & 0x06) != 0)
                        return null; // laced: several frames a block
                    // VP9's profiles 2 and 3 have more than eight bits; only the frames tell.
                    if (reader.ReadStart(size - 4, most: 1) is [var start] && (start & 0x10) != 0 && codec == "V_VP9")
                        return null;
                    if (packets < mostFrames)
                        times.Add(last);
                    (first, end) = (Math.Min(first, last), Math.Max(end, last + frame));
                    packets++;
                    break;
                default:
                    reader.Skip(size);
                    break;
            }
        }
        if (!video || packets == 0 || codec == "V_MS/VFW/FOURCC")
            return null; // that one names its codec elsewhere
        if (!VideoRanges.IsEightBit(NameOf(codec), settings))
            return null;
        times.Sort();
        return new VideoInfo(path, "matroska", NameOf(codec), width, height, packets, announced * scale, end - first)
        {
            Times = times.Count == packets ? [.. times] : null,
        };
    }

    /// <summary>ffmpeg's names where they differ in more than the prefix.</summary>
    private static string NameOf(string codec) =>
        codec switch
        {
            "V_MPEG4/ISO/AVC" => "h264",
            "V_MPEGH/ISO/HEVC" => "hevc",
            "V_MPEG4/ISO/ASP" => "mpeg4",
            _ => codec.Replace("V_", "", StringComparison.Ordinal).ToLowerInvariant(),
        };
}
