using Gesto.Inference;
using Gesto.Recordings;

namespace Gesto.Tests.Signs;

public class VoteWeightsTests
{
    private static readonly VoteWeights Weights = new(
        [0.5, 0, 0.5],
        new Dictionary<string, IReadOnlyList<double>> { ["rgb"] = [0.2, 0.7, 0], ["radar"] = [0, 0, 0] }
    );

    [Fact]
    public void A_subset_has_weights_of_its_own_and_others_go_by_shares()
    {
        Assert.Equal([0.2, 0.7], Weights.Of(ModalityMask.Of(Modality.Rgb), [0, 1]));
        Assert.Equal([1, 0], Weights.Of(ModalityMask.Of(Modality.Landmarks), [0, 1]));
        Assert.Equal([0.5, 0.5], Weights.Of(ModalityMask.Of(Modality.Radar), [0, 2])); // nobody weighs anything there
    }

    [Fact]
    public void Several_that_vote_can_do_with_whatever_is_enough_for_one()
    {
        ModalityMask all = ModalityMask.Of(Modality.Rgb, Modality.Radar),
            radar = ModalityMask.Of(Modality.Radar),
            landmarks = ModalityMask.Of(Modality.Landmarks);
        IReadOnlyList<ModalityMask> masks = VoteWeights.MasksOf(
            [Modality.Rgb, Modality.Radar, Modality.Landmarks],
            [
                ([all], [Modality.Rgb, Modality.Radar]),
                ([radar, radar.Hiding(1)], [Modality.Radar]),
                ([landmarks], [Modality.Landmarks]),
            ]
        );
        Assert.Equal(
            [
                "RGB, radar and landmarks",
                "RGB and radar",
                "RGB and landmarks",
                "radar and landmarks",
                "radar",
                "landmarks",
            ],
            masks.Where(m => m.HiddenAntennas.Count == 0).Select(m => m.ToString())
        );
        Assert.Contains(radar.Hiding(1), masks);
        Assert.DoesNotContain(ModalityMask.Of(Modality.Rgb), masks);
    }
}
