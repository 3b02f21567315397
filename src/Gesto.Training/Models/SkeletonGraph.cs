using Gesto.Landmarks;

namespace Gesto.Training.Models;

/// <summary>The joints of <see cref="LandmarkFeatures"/> as a graph: 7 of the body, then of each hand its 21 joints,
/// where the palm faces and where the fingers point.</summary>
internal static class SkeletonGraph
{
    /// <summary>V.</summary>
    public const int Nodes = BodyNodes + 2 * HandNodes;

    /// <summary>Ways in which nodes are seen: by themselves, from the end of a bone, from its start.</summary>
    public const int Relations = 3;

    /// <summary>Features of one step that are no distance between joints, by node: x, y, z; −1 = none, which is
    /// 0.</summary>
    public static IReadOnlyList<int> Coordinates { get; }

    /// <summary>Of each node the feature that says whether it was found.</summary>
    public static IReadOnlyList<int> Presence { get; }

    /// <summary>Nodes of the body, of the left and of the right hand: first and one past the last.</summary>
    public static IReadOnlyList<(int From, int To)> Parts { get; } =
    [(0, BodyNodes), (BodyNodes, BodyNodes + HandNodes), (BodyNodes + HandNodes, Nodes)];

    private const int BodyNodes = 7,
        HandNodes = LandmarkClip.HandJoints + 2;

    /// <summary>Start and end of each, and whether both are measured from one origin, so that their difference is the
    /// bone.</summary>
    private static readonly List<(int From, int To, bool Measured)> bones = [];

    static SkeletonGraph()
    {
        var coordinates = new List<int>();
        var presence = new List<int>();
        for (int joint = 0; joint < BodyNodes; joint++)
            Node(2 * joint, axes: 2, part: 0);
        // From the middle of the shoulders, as body features are, to nose and shoulders; then arms, left before right.
        bones.AddRange([(1, 0, false), (2, 0, false), (1, 3, true), (2, 4, true), (3, 5, true), (4, 6, true)]);
        for (int hand = 0; hand < 2; hand++)
        {
            int start = LandmarkFeatures.HandStart(hand),
                end = start + LandmarkFeatures.HandWidth,
                wrist = coordinates.Count / 3;
            Node(end - 2, axes: 2, hand + 1);
            bones.Add((5 + hand, wrist, Measured: true));
            for (int joint = 1; joint < LandmarkClip.HandJoints; joint++)
            {
                Node(start + 3 * (joint - 1), axes: 3, hand + 1);
                // The wrist is the origin of the palm's frame: there a knuckle's place is its bone.
                bool knuckle = joint % 4 == 1;
                bones.Add((knuckle ? wrist : wrist + joint - 1, wrist + joint, Measured: !knuckle));
            }
            foreach (int direction in (ReadOnlySpan<int>)[end - 8, end - 5])
            {
                Node(direction, axes: 3, hand + 1);
                bones.Add((wrist, coordinates.Count / 3 - 1, Measured: false));
            }
        }
        (Coordinates, Presence) = (coordinates, presence);

        void Node(int first, int axes, int part)
        {
            for (int axis = 0; axis < 3; axis++)
                coordinates.Add(axis < axes ? first + axis : -1);
            presence.Add(LandmarkFeatures.Presence[part]);
        }
    }

    /// <returns>(<see cref="Relations"/>, V, V): what each node takes of each; the rows of a relation sum to 1, or to 0
    /// where it has none.</returns>
    public static float[] Adjacency()
    {
        var matrix = new float[Relations * Nodes * Nodes];
        for (int node = 0; node < Nodes; node++)
            matrix[node * Nodes + node] = 1;
        foreach ((int from, int to, _) in bones)
        {
            matrix[(Nodes + to) * Nodes + from] = 1;
            matrix[(2 * Nodes + from) * Nodes + to] = 1;
        }
        for (int row = 0; row < matrix.Length; row += Nodes)
        {
            Span<float> of = matrix.AsSpan(row, Nodes);
            float sum = 0;
            foreach (float value in of)
                sum += value;
            for (int i = 0; sum > 0 && i < Nodes; i++)
                of[i] /= sum;
        }
        return matrix;
    }

    /// <returns>(V, V): makes bones of joints. A node without a bone that can be measured stays as it is.</returns>
    public static float[] Bones()
    {
        var matrix = new float[Nodes * Nodes];
        for (int node = 0; node < Nodes; node++)
            matrix[node * Nodes + node] = 1;
        foreach ((int from, int to, bool measured) in bones)
            if (measured)
                matrix[to * Nodes + from] -= 1;
        return matrix;
    }
}
