using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gesto.Bundles;

namespace Gesto.Training.Export;

/// <summary>What a `.gesto` file says of itself.</summary>
public static class BundleInfo
{
    /// <returns>Its manifest, with the names, bytes and SHA-256 of its entries.</returns>
    /// <exception cref="IOException">No such file, not a bundle, or a damaged one: every entry is read.</exception>
    public static JsonObject Read(string path)
    {
        using BundleFile bundle = BundleFile.Open(path);
        JsonObject manifest = JsonSerializer.SerializeToNode(bundle.Manifest, BundleFile.Json)!.AsObject();
        manifest["entries"] = new JsonArray([
            .. bundle.Entries.Select(e =>
            {
                bundle.Read(e.Name); // its hash is compared
                return (JsonNode)
                    new JsonObject
                    {
                        ["name"] = e.Name,
                        ["bytes"] = e.Bytes,
                        ["sha256"] = e.Hash,
                    };
            }),
        ]);
        return manifest;
    }

    /// <returns>The model card, then the entries, for people. Errors as of <see cref="Read"/>.</returns>
    public static string Describe(string path)
    {
        using BundleFile bundle = BundleFile.Open(path);
        var text = new StringBuilder(Encoding.UTF8.GetString(bundle.Read(ModelCard.Entry)));
        text.Append('\n');
        foreach ((string name, long bytes, string hash) in bundle.Entries)
        {
            bundle.Read(name);
            text.Append(CultureInfo.InvariantCulture, $"{bytes, 12:N0}  {hash[..16]}…  {name}\n");
        }
        text.Append(
            CultureInfo.InvariantCulture,
            $"format {bundle.Manifest.Format}, written by Gesto {bundle.Manifest.Program}; every entry has its SHA-256\n"
        );
        return text.ToString();
    }
}
