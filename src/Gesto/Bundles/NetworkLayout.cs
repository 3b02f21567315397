using System.Globalization;
using System.Text;

namespace Gesto.Bundles;

/// <summary>Where in a model's bytes a constant is that is worth a place of its own.</summary>
/// <param name="Field">Its field in the graph begins.</param>
/// <param name="Value">The field's value begins.</param>
/// <param name="DataField">The field of its values begins.</param>
/// <param name="Data">Its values begin.</param>
/// <param name="Length">Bytes of them.</param>
/// <param name="End">The field ends.</param>
internal sealed record LargeConstant(long Field, long Value, long DataField, long Data, long Length, long End)
{
    /// <summary>Smaller ones are no burden.</summary>
    public const long LeastBytes = 1 << 16;
}

/// <summary>Where in a model's bytes its graph and the graph's large constants are.</summary>
/// <param name="Field">The graph's field begins.</param>
/// <param name="Value">Its value begins.</param>
/// <param name="End">It ends.</param>
/// <param name="Constants">In their order.</param>
internal sealed record NetworkLayout(long Field, long Value, long End, IReadOnlyList<LargeConstant> Constants)
{
    /// <summary>Of ONNX's messages: tag and wire type.</summary>
    private const byte GraphTag = 7 << 3 | 2,
        ConstantTag = 5 << 3 | 2,
        ExternalDataTag = 13 << 3 | 2,
        DataLocationTag = 14 << 3,
        KeyTag = 1 << 3 | 2,
        ValueTag = 2 << 3 | 2,
        External = 1;

    /// <summary>A page: the file is mapped into memory.</summary>
    private const long Alignment = 4096;

    /// <summary>Writes the same model with its large constants in a file beside it, which ONNX Runtime maps instead of
    /// reading it into memory twice.</summary>
    /// <param name="model">The model, at its beginning; read forward once, to its end.</param>
    /// <param name="to">Receives the model without them.</param>
    /// <param name="weights">Receives them, in the folder of <paramref name="to"/>.</param>
    public void Split(Stream model, string to, string weights)
    {
        using FileStream whole = File.Create(to);
        Copy(model, Field, whole);
        model.Position = Value;
        using var graph = new MemoryStream();
        using (FileStream values = File.Create(weights))
            foreach (LargeConstant constant in Constants)
            {
                Copy(model, constant.Field, graph);
                model.Position = constant.Value;
                using var body = new MemoryStream();
                Copy(model, constant.DataField, body);
                model.Position = constant.Data;
                long offset = (values.Position + Alignment - 1) / Alignment * Alignment;
                values.Position = offset;
                Copy(model, constant.Data + constant.Length, values);
                Copy(model, constant.End, body);
                Entry(body, "location", Path.GetFileName(weights));
                Entry(body, "offset", offset.ToString(CultureInfo.InvariantCulture));
                Entry(body, "length", constant.Length.ToString(CultureInfo.InvariantCulture));
                body.WriteByte(DataLocationTag);
                body.WriteByte(External);
                Message(graph, ConstantTag, body);
            }
        Copy(model, End, graph);
        Message(whole, GraphTag, graph);
        Copy(model, model.Length, whole);
    }

    private static void Entry(MemoryStream to, string key, string value)
    {
        using var entry = new MemoryStream();
        Message(entry, KeyTag, new MemoryStream(Encoding.UTF8.GetBytes(key)));
        Message(entry, ValueTag, new MemoryStream(Encoding.UTF8.GetBytes(value)));
        Message(to, ExternalDataTag, entry);
    }

    private static void Message(Stream to, byte tag, MemoryStream body)
    {
        to.WriteByte(tag);
        ulong rest = (ulong)body.Length;
        for (; rest >= 0x80; rest >>= 7)
            to.WriteByte((byte)(rest | 0x80));
        to.WriteByte((byte)rest);
        body.WriteTo(to);
    }

    private static void Copy(Stream from, long end, Stream to)
    {
        byte[] buffer = new byte[(int)Math.Min(1 << 16, end - from.Position)];
        while (from.Position < end)
        {
            int n = (int)Math.Min(buffer.Length, end - from.Position);
            from.ReadExactly(buffer, 0, n);
            to.Write(buffer, 0, n);
        }
    }
}
