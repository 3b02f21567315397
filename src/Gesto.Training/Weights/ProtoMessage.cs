using System.Text;

namespace Gesto.Training.Weights;

/// <summary>One protobuf message being written: fields in the order of the calls. Embedded messages and long byte
/// fields are kept by reference, so a 94 MB model is copied once, at the end.</summary>
/// <remarks>Source: protobuf.dev, "Encoding". Only what ONNX needs: varints, floats are left out, bytes and
/// messages.</remarks>
internal sealed class ProtoMessage
{
    private readonly List<byte[]> chunks = [];

    /// <summary>Bytes that the message takes without its own tag and length.</summary>
    public long Length { get; private set; }

    public ProtoMessage Integer(int field, long value)
    {
        Varint((ulong)field << 3);
        Varint((ulong)value);
        return this;
    }

    public ProtoMessage Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public ProtoMessage Bytes(int field, byte[] value)
    {
        Varint(((ulong)field << 3) | 2);
        Varint((ulong)value.Length);
        Append(value);
        return this;
    }

    public ProtoMessage Message(int field, ProtoMessage value)
    {
        Varint(((ulong)field << 3) | 2);
        Varint((ulong)value.Length);
        foreach (byte[] chunk in value.chunks)
            Append(chunk);
        return this;
    }

    public byte[] ToArray()
    {
        byte[] bytes = GC.AllocateUninitializedArray<byte>((int)Length);
        int at = 0;
        foreach (byte[] chunk in chunks)
        {
            chunk.CopyTo(bytes, at);
            at += chunk.Length;
        }
        return bytes;
    }

    private void Varint(ulong value)
    {
        Span<byte> bytes = stackalloc byte[10];
        int n = 0;
        for (; value >= 0x80; value >>= 7)
            bytes[n++] = (byte)(value | 0x80);
        bytes[n++] = (byte)value;
        Append(bytes[..n].ToArray());
    }

    private void Append(byte[] chunk)
    {
        chunks.Add(chunk);
        Length += chunk.Length;
    }
}
