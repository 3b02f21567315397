using System.Buffers.Binary;
using System.Text;

namespace Gesto.Tests.Video;

/// <summary>Edits the boxes of an MP4 whose header stands last, as ffmpeg writes it: the frames' places in the file
/// stay right.</summary>
internal static class Mp4
{
    /// <param name="file">The whole file.</param>
    /// <param name="path">Types from the outermost box on, e.g. "moov/trak/mdia/hdlr".</param>
    /// <param name="edit">Gets the last one's content, and says what it becomes.</param>
    /// <returns>The file with the sizes of all boxes around it made right.</returns>
    public static byte[] Replace(ReadOnlySpan<byte> file, string path, Func<byte[], byte[]> edit)
    {
        string[] parts = path.Split('/', 2);
        var to = new MemoryStream();
        bool found = false;
        for (int at = 0; at + 8 <= file.Length; )
        {
            int size = (int)BinaryPrimitives.ReadUInt32BigEndian(file[at..]);
            byte[] content = file.Slice(at + 8, size - 8).ToArray();
            if (!found && Encoding.ASCII.GetString(file.Slice(at + 4, 4)) == parts[0])
            {
                content = parts.Length == 1 ? edit(content) : Replace(content, parts[1], edit);
                found = true;
            }
            var length = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(length, content.Length + 8);
            to.Write([.. length, .. file.Slice(at + 4, 4), .. content]);
            at += size;
        }
        Assert.True(found, $"There is a box {path}.");
        return to.ToArray();
    }
}
