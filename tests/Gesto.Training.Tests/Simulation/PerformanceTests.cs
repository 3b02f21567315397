using System.Numerics;
using Gesto.Training.Simulation;

namespace Gesto.Training.Tests.Simulation;

public class PerformanceTests
{
    [Fact]
    public void No_point_of_the_body_moves_faster_than_a_signer_can()
    {
        // Fast reaches peak near 5 m/s at the hand; an elbow that flips over or a turn the wrong way round is far
        // beyond.
        const double Step = 0.004;
        Signer signer = Signer.Create(seed: 3, number: 1);
        var culprits = new List<string>();
        foreach (SignScript script in SignCatalogue.Lis126)
        {
            var performance = new Performance(script, signer, take: 1, seed: 3);
            double fastest = 0,
                when = 0;
            string part = "";
            Pose before = performance.PoseAt(0);
            for (double time = Step; time < performance.DurationSeconds; time += Step)
            {
                Pose now = performance.PoseAt(time);
                foreach (
                    (ArmPose a, ArmPose b) in (ReadOnlySpan<(ArmPose, ArmPose)>)
                        [(before.Right, now.Right), (before.Left, now.Left)]
                )
                foreach (
                    (string name, Vector3 from, Vector3 to) in (ReadOnlySpan<(string, Vector3, Vector3)>)
                        [
                            ("elbow", a.Elbow, b.Elbow),
                            ("wrist", a.Wrist, b.Wrist),
                            ("tip", a.Joint(2, 3), b.Joint(2, 3)),
                        ]
                )
                {
                    double speed = Vector3.Distance(from, to) / Step;
                    if (speed > fastest)
                        (fastest, part, when) = (speed, name, time);
                }
                before = now;
            }
            if (fastest > 7)
                culprits.Add(
                    $"{script.Class.Name} {part} {fastest:0.0} m/s at {when:0.00} s of {performance.StrokeSeconds}"
                );
        }
        Assert.True(culprits.Count == 0, string.Join("\n", culprits));
    }
}
