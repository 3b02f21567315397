namespace Gesto.MediaPipe;

/// <summary>One of MediaPipe's networks: an input "picture" (1, 3, side, side) and named outputs.</summary>
/// <param name="Name">Of its file, without an ending.</param>
/// <param name="Side">Of the picture, pixels.</param>
/// <param name="Outputs">In the order of its file, with the number of their values; null = not used.</param>
/// <remarks>Sources: the models' own files, and MediaPipe's graphs for what their pictures must be like.</remarks>
internal sealed record LandmarkModel(string Name, int Side, params IReadOnlyList<(string Name, int Length)?> Outputs)
{
    /// <summary>The input's name.</summary>
    public const string Picture = "picture";

    /// <summary>Values a joint of the body has in the network's output, and joints with those for tracking.</summary>
    public const int PoseValues = 5,
        PoseJoints = 39;

    /// <summary>Side of the body's heatmaps.</summary>
    public const int HeatmapSide = 64;

    /// <summary>Finds people by their faces: boxes of a centre, a size and four points.</summary>
    public static LandmarkModel PoseDetection { get; } =
        new("pose_detection", 224, ("boxes", 2254 * 12), ("scores", 2254)) { Signed = true, BlackBeyond = true };

    /// <summary>Joints of a body; the third output is who is where in the picture.</summary>
    public static LandmarkModel Pose { get; } =
        new(
            "pose_landmark_full",
            256,
            ("joints", PoseJoints * PoseValues),
            ("presence", 1),
            null,
            ("heatmaps", PoseJoints * HeatmapSide * HeatmapSide),
            ("world", PoseJoints * 3)
        );

    /// <summary>Where exactly a hand is: the middle of its square and a point on its rim.</summary>
    public static LandmarkModel HandRecrop { get; } = new("hand_recrop", 256, ("points", 4));

    /// <summary>Joints of a hand.</summary>
    public static LandmarkModel Hand { get; } =
        new("hand_landmark_full", 224, ("joints", 63), ("presence", 1), ("handedness", 1), ("world", 63));

    /// <summary>Finds hands without a body: boxes of a centre, a size and seven points.</summary>
    public static LandmarkModel PalmDetection { get; } =
        new("palm_detection_full", 192, ("boxes", 2016 * 18), ("scores", 2016)) { BlackBeyond = true };

    /// <summary>In this order wherever they stand together.</summary>
    public static IReadOnlyList<LandmarkModel> All { get; } = [PoseDetection, Pose, HandRecrop, Hand, PalmDetection];

    /// <summary>Pixels are −1…1, else 0…1. Given the wrong ones a network still finds people, some pixels beside where
    /// they are.</summary>
    public bool Signed { get; private init; }

    /// <summary>Beyond the picture's edge is black, else the edge's colour.</summary>
    public bool BlackBeyond { get; private init; }
}
