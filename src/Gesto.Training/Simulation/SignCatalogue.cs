using System.Collections.Frozen;
using System.Numerics;
using Gesto.Signs;

namespace Gesto.Training.Simulation;

/// <summary>The scripts of the 126 classes, made from their names: tables where a name tells something, else a
/// hash.</summary>
internal static class SignCatalogue
{
    private static readonly Dictionary<string, Vector3> Places = new()
    {
        ["top"] = new(-0.03f, 0.370f, 0.08f),
        ["temple"] = new(-0.10f, 0.280f, 0.09f),
        ["forehead"] = new(-0.01f, 0.315f, 0.14f),
        ["eye"] = new(-0.045f, 0.260f, 0.15f),
        ["nose"] = new(-0.005f, 0.220f, 0.165f),
        ["mouth"] = new(-0.01f, 0.175f, 0.16f),
        ["cheek"] = new(-0.08f, 0.205f, 0.12f),
        ["chin"] = new(-0.01f, 0.135f, 0.15f),
        ["ear"] = new(-0.115f, 0.235f, 0.05f),
        ["neck"] = new(-0.03f, 0.105f, 0.11f),
        ["throat"] = new(0f, 0.085f, 0.13f),
        ["shoulder"] = new(-0.15f, 0.03f, 0.12f),
        ["other shoulder"] = new(0.15f, 0.02f, 0.13f),
        ["back"] = new(-0.14f, 0.13f, 0.08f),
        ["chest"] = new(-0.03f, -0.10f, 0.17f),
        ["heart"] = new(0.07f, -0.13f, 0.17f),
        ["stomach"] = new(-0.01f, -0.27f, 0.17f),
        ["liver"] = new(-0.10f, -0.29f, 0.16f),
        ["belly"] = new(0f, -0.37f, 0.17f),
        ["groin"] = new(-0.08f, -0.47f, 0.18f),
        ["leg"] = new(-0.14f, -0.52f, 0.22f),
        ["other arm"] = new(0.20f, -0.16f, 0.15f),
        ["muscle"] = new(0.22f, -0.10f, 0.13f),
        ["centre"] = new(-0.06f, -0.14f, 0.32f),
        ["side"] = new(-0.27f, -0.10f, 0.27f),
        ["high side"] = new(-0.24f, 0.12f, 0.28f),
        ["high"] = new(-0.08f, 0.10f, 0.34f),
        ["low"] = new(-0.09f, -0.33f, 0.30f),
        ["across"] = new(0.10f, -0.14f, 0.28f),
        ["spelling"] = new(-0.20f, 0.02f, 0.26f),
    };

    private static readonly string[] NeutralPlaces =
    [
        "centre",
        "side",
        "high side",
        "high",
        "low",
        "across",
        "chest",
        "chin",
        "temple",
    ];

    private static readonly FrozenDictionary<string, string> PlaceOfName = new Dictionary<string, string>
    {
        ["BOCCA"] = "mouth",
        ["COLLO"] = "neck",
        ["NASO"] = "nose",
        ["OCCHIO"] = "eye",
        ["ORECCHIO"] = "ear",
        ["TESTA"] = "top",
        ["FRONTE2"] = "forehead",
        ["GOLA"] = "throat",
        ["PETTO"] = "chest",
        ["CUORE"] = "heart",
        ["STOMACO"] = "stomach",
        ["FEGATO"] = "liver",
        ["INGUINE"] = "groin",
        ["GAMBE"] = "leg",
        ["PIEDI"] = "leg",
        ["SCHIENA"] = "back",
        ["SPALLE"] = "shoulder",
        ["BRACCIO"] = "other arm",
        ["MUSCOLO"] = "muscle",
        ["VISTA"] = "eye",
        ["SORDO"] = "ear",
        ["RUMORE"] = "ear",
        ["VERTIGINI"] = "temple",
        ["MASCHERINA"] = "mouth",
        ["MANGIARE"] = "mouth",
        ["FUMARE"] = "mouth",
        ["SCIROPPO"] = "chin",
        ["MEDICINE"] = "chin",
        ["RESPIRARE"] = "chest",
        ["TOSSE"] = "throat",
        ["BATTITO_CARDIACO"] = "heart",
        ["NAUSEA"] = "stomach",
        ["SUDORE"] = "forehead",
        ["PALLORE"] = "cheek",
        ["STANCHEZZA"] = "shoulder",
        ["BRIVIDO"] = "chest",
        ["MAMMA"] = "cheek",
        ["ANSIA"] = "chest",
        ["IO"] = "chest",
        ["TERMOMETRO"] = "mouth",
        ["INIEZIONE"] = "other arm",
        ["VACCINO"] = "muscle",
        ["TU"] = "centre",
        ["NO"] = "high side",
        ["DOMANI"] = "cheek",
        ["CASA"] = "high",
        ["ELICOTTERO"] = "high side",
        ["MANO"] = "low",
        ["RAFFREDDORE"] = "nose",
        ["COMUNICARE"] = "chin",
        ["DOTTORE"] = "across",
    }.ToFrozenDictionary();

    // These share everything with their sibling but the movement, which runs along depth: the radar's part.
    private static readonly FrozenDictionary<string, string> DepthSibling = new Dictionary<string, string>
    {
        ["SI"] = "NO",
        ["IERI"] = "DOMANI",
        ["POTERE"] = "DOVERE",
        ["CHIEDERE"] = "CHIAMARE",
        ["SERA"] = "MATTINA",
        ["TEMPO"] = "GIORNO",
        ["SMETTERE"] = "RESTARE",
        ["SINTOMI"] = "MALATTIA",
        ["NOME"] = "COMUNICARE",
        ["CURARE"] = "AIUTARE",
        ["PILLOLA"] = "MEDICINE",
        ["OSPEDALE"] = "AMBULANZA",
        ["FARMACIA"] = "COMPRARE",
        ["VOMITO"] = "NAUSEA",
        ["PRIMA"] = "SUBITO",
    }.ToFrozenDictionary();

    // These share everything with their sibling but the handshape: the camera's part.
    private static readonly FrozenDictionary<string, string> ShapeSibling = new Dictionary<string, string>
    {
        ["VACCINO"] = "INIEZIONE",
        ["DOVE"] = "COME",
        ["QUANDO"] = "PERCHE",
        ["MOLTO"] = "ALTRO",
        ["SE"] = "ESSERCI",
        ["LETTO"] = "CASA",
        ["PAPA"] = "MAMMA",
        ["PERSONA"] = "FIGLIO",
        ["PROBLEMA"] = "DIFFICOLTA",
        ["CORONAVIRUS"] = "CONTAGIOSO",
        ["STANCHEZZA"] = "SPALLE",
        ["PIEDI"] = "GAMBE",
        ["LEGGERO"] = "GRAVE",
        ["MEZZOGIORNO"] = "TEMPO",
    }.ToFrozenDictionary();

    // Fingers, palm; the dominant hand is the right one, so +x is inwards.
    private static readonly (Vector3 Along, Vector3 Palm)[] Orientations =
    [
        (Vector3.UnitY, Vector3.UnitZ),
        (Vector3.UnitY, -Vector3.UnitZ),
        (Vector3.UnitY, Vector3.UnitX),
        (new(0.6f, 0.7f, 0.35f), new(0f, 0f, -1f)),
        (new(0.5f, 0.3f, 0.8f), new(0f, -1f, 0f)),
        (new(0.5f, 0.2f, 0.8f), new(0f, 1f, 0f)),
        (Vector3.UnitX, -Vector3.UnitZ),
        (Vector3.UnitX, -Vector3.UnitY),
        (new(0.3f, 0.5f, 0.8f), Vector3.UnitX),
    ];

    private static readonly Vector3[] Directions =
    [
        Vector3.UnitX,
        -Vector3.UnitX,
        Vector3.UnitY,
        -Vector3.UnitY,
        Vector3.UnitZ,
        -Vector3.UnitZ,
        Vector3.UnitZ,
        Vector3.Normalize(new(1, 1, 0)),
        Vector3.Normalize(new(-1, -1, 0)),
        Vector3.Normalize(new(-1, 0, 1)),
        Vector3.Normalize(new(0, -1, 1)),
    ];

    private static readonly string[] WordShapes =
    [
        "5",
        "flat",
        "A",
        "B",
        "G",
        "L",
        "V",
        "C",
        "O",
        "S",
        "Y",
        "claw",
        "bent",
        "pinch",
        "horns",
        "spread-pinch",
        "curve",
        "thumb",
        "gun",
        "3",
        "4",
        "W",
        "X",
        "F",
        "K",
        "I",
    ];

    /// <summary>One script per class of <see cref="LabelSet.Lis126"/>, by class id.</summary>
    public static IReadOnlyList<SignScript> Lis126 { get; } = Build(LabelSet.Lis126);

    private static SignScript[] Build(LabelSet labels)
    {
        var made = new Dictionary<string, SignScript>();
        // Siblings after the scripts they lean on; otherwise in the order of ids.
        foreach (SignClass sign in labels.Classes.OrderBy(Depth).ThenBy(c => c.Id))
        {
            for (ulong attempt = 0; ; attempt++)
            {
                SignScript script = Propose(
                    sign,
                    made,
                    new SeededRandom(SeededRandom.HashOf(sign.Name), (ulong)sign.Id, attempt)
                );
                if (made.Values.All(other => other.Distance(script) >= SignScript.LeastDistance))
                {
                    made[sign.Name] = script;
                    break;
                }
                if (attempt > 500)
                    throw new InvalidOperationException($"No script for '{sign.Name}' is far enough from the others.");
            }
        }
        return [.. labels.Classes.Select(c => made[c.Name])];
    }

    private static int Depth(SignClass sign) =>
        DepthSibling.GetValueOrDefault(sign.Name, ShapeSibling.GetValueOrDefault(sign.Name)!) is { } sibling
            ? 1 + Depth(new SignClass(0, sibling))
            : 0;

    private static SignScript Propose(SignClass sign, Dictionary<string, SignScript> made, SeededRandom random)
    {
        if (sign.IsLetter)
            return FingerAlphabet.Script(sign, Places["spelling"]);
        if (DepthSibling.TryGetValue(sign.Name, out string? moving))
            return AlongDepth(made[moving] with { Class = sign }, random);
        if (ShapeSibling.TryGetValue(sign.Name, out string? shaped))
        {
            Handshape other = Handshape.Table[random.Pick(WordShapes)];
            SignScript sibling = made[shaped];
            Handshape closing = sibling.Start == sibling.End ? other : Handshape.Table[random.Pick(WordShapes)];
            return sibling with { Class = sign, Start = other, End = closing };
        }
        return FromHash(sign, random);
    }

    private static SignScript AlongDepth(SignScript sibling, SeededRandom random)
    {
        Vector3 away = sibling.Direction.Z > 0.5f && sibling.Movement == Movement.Line ? -Vector3.UnitZ : Vector3.UnitZ;
        return sibling with
        {
            Movement = sibling.Movement == Movement.ThereAndBack ? Movement.Line : Movement.ThereAndBack,
            Direction = random.Chance(0.8) ? away : -away,
            Across = Vector3.UnitY,
            Amplitude = (float)random.Between(0.12, 0.18),
            Repetitions = sibling.Movement == Movement.ThereAndBack ? 1 : 1 + random.Below(2),
        };
    }

    private static SignScript FromHash(SignClass sign, SeededRandom random)
    {
        string place = PlaceOfName.GetValueOrDefault(sign.Name) ?? random.Pick(NeutralPlaces);
        bool onBody = PlaceOfName.ContainsKey(sign.Name) || place is "chest" or "chin" or "temple";
        Handshape start = Handshape.Table[random.Pick(WordShapes)];
        Handshape end = random.Chance(0.25) ? Handshape.Table[random.Pick(WordShapes)] : start;
        (Vector3 along, Vector3 palm) = Orthonormal(Orientations[random.Below(Orientations.Length)]);
        Movement movement = (Movement)(random.Chance(0.06) ? 0 : 1 + random.Below(5));
        Vector3 direction = random.Pick(Directions);
        Vector3 across = Vector3.Normalize(
            Vector3.Cross(direction, MathF.Abs(direction.Y) > 0.8f ? Vector3.UnitZ : Vector3.UnitY)
        );
        if (random.Chance(0.5))
            across = Vector3.Cross(across, direction);
        bool still = movement == Movement.Still;
        return new SignScript(
            sign,
            start,
            end,
            Places[place],
            along,
            palm,
            movement,
            direction,
            across,
            Amplitude: still ? 0 : (float)random.Between(onBody ? 0.07 : 0.10, onBody ? 0.14 : 0.24),
            Repetitions: 1 + random.Below(3),
            Twist: still || random.Chance(0.15) ? (float)random.Between(0.5, 0.9) : 0,
            Wiggle: random.Chance(0.15) ? 0.35f : 0,
            Hands: random.Chance(onBody ? 0.75 : 0.4) ? Hands.One : (Hands)(1 + random.Below(3))
        );
    }

    internal static (Vector3 Along, Vector3 Palm) Orthonormal((Vector3 Along, Vector3 Palm) raw)
    {
        Vector3 along = Vector3.Normalize(raw.Along);
        return (along, Vector3.Normalize(raw.Palm - along * Vector3.Dot(raw.Palm, along)));
    }
}
