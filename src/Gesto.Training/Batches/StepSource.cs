using Gesto.Training.Models;
using Gesto.Training.Recipes;
using TorchSharp;
using static TorchSharp.torch;

namespace Gesto.Training.Batches;

/// <summary>One modality of many samples, as steps that the fusion model takes.</summary>
internal interface IStepSource
{
    /// <summary>Steps of the longest sample.</summary>
    int Longest { get; }

    /// <returns>Real steps, 0 where the sample has not got the modality.</returns>
    int LengthOf(int sample);

    /// <param name="chosen">Samples.</param>
    /// <param name="steps">Which steps of each to show, in order.</param>
    /// <param name="random">Source of changes to the values while learning; null = none.</param>
    /// <param name="mixing">Whose frames each sample takes a part of, as <see cref="AugmentationRecipe.RangeMixing"/>;
    /// null = nobody's.</param>
    ModalitySteps Batch(ReadOnlySpan<int> chosen, int[][] steps, Random? random, Mixing? mixing = null);
}

/// <summary>Frames whose encoder learns with the fusion model: each batch is encoded anew, and gradients flow back to
/// the encoder.</summary>
/// <param name="frames">The frames.</param>
/// <param name="encoder">Not disposed here.</param>
/// <param name="augmentation">Range shift, masks, gain and noise while learning; its tempo and frame dropout are the
/// training recipe's.</param>
/// <param name="centre">Subtract each feature's mean over the sample's shown frames.</param>
/// <param name="width">F, features that the encoder makes of a frame.</param>
internal sealed class EncodedFrames(
    FrameSequences frames,
    FrameEncoder encoder,
    AugmentationRecipe augmentation,
    bool centre,
    int width
) : IStepSource
{
    public int Longest => frames.Longest;

    public int LengthOf(int sample) => frames.LengthOf(sample);

    public ModalitySteps Batch(ReadOnlySpan<int> chosen, int[][] steps, Random? random, Mixing? mixing = null)
    {
        int[] lengths = [.. steps.Select(s => s.Length)],
            real = [.. lengths.Where(n => n > 0)], // of those that have the modality
            shifts = new int[steps.Length];
        if (real.Length == 0)
            return new ModalitySteps(zeros(steps.Length, 1, width), lengths);
        if (random is not null)
            for (int i = 0; i < shifts.Length; i++)
                shifts[i] = FrameChanges.DrawShift(augmentation, random);
        using var scope = NewDisposeScope();
        Tensor shown = frames.Batch(chosen, steps, shifts);
        if (random is not null && mixing is not null)
            shown = FrameChanges.Mix(shown, lengths, mixing, random);
        if (random is not null)
            shown = FrameChanges.Mask(shown, real, augmentation, random);
        Tensor scaled = encoder.Scale(shown, real);
        if (random is not null)
            scaled = FrameChanges.Apply(scaled, real, augmentation, random);
        Tensor rows = encoder.Encode(scaled, real);
        if (centre)
            rows = Sequences.Centre(rows, real);
        return new ModalitySteps(Sequences.Pad(rows, lengths).MoveToOuterDisposeScope(), lengths);
    }

    /// <summary>Mean and standard deviation of each feature over all steps of some samples, as the encoder is
    /// now.</summary>
    public FeatureStatistics Statistics(IEnumerable<int> chosen)
    {
        encoder.eval();
        var features = new FeatureSequences(width, centre);
        foreach (int sample in chosen.Where(s => frames.LengthOf(s) > 0))
        {
            using Tensor one = frames.Frames(sample);
            features.Add(encoder.EncodeSample(one));
        }
        return features.Statistics(Enumerable.Range(0, features.Count));
    }
}

/// <summary>What <see cref="AugmentationRecipe"/> does to frames.</summary>
internal static class FrameChanges
{
    /// <returns>Rows to move a sample by.</returns>
    public static int DrawShift(AugmentationRecipe recipe, Random random) =>
        random.Next(-recipe.RangeShiftBins, recipe.RangeShiftBins + 1);

    /// <summary>One band of rows, the same in the whole batch, becomes each sample's partner's.</summary>
    /// <param name="frames">(ΣL, C, H, W), as stored.</param>
    /// <param name="lengths">Frames of each sample.</param>
    /// <param name="mixing">Partners; a sample keeps this share of its rows, rounded. A partner's frames are spread
    /// evenly over the sample's.</param>
    /// <param name="random">Where the band is.</param>
    public static Tensor Mix(Tensor frames, int[] lengths, Mixing mixing, Random random)
    {
        using var scope = NewDisposeScope();
        long rows = frames.shape[2],
            band = (long)Math.Round((1 - mixing.Share) * rows),
            start = random.NextInt64(rows - band + 1);
        if (band == 0 || lengths.Contains(0))
            return frames.alias().MoveToOuterDisposeScope();
        var first = new long[lengths.Length];
        for (int i = 1; i < first.Length; i++)
            first[i] = first[i - 1] + lengths[i - 1];
        var from = new List<long>();
        for (int i = 0; i < lengths.Length; i++)
        {
            long partner = mixing.Partner[i];
            for (int t = 0; t < lengths[i]; t++)
                from.Add(first[partner] + (long)t * lengths[partner] / lengths[i]);
        }
        Tensor taken = frames.narrow(2, start, band).index_select(0, tensor(from.ToArray(), device: frames.device));
        return cat([frames.narrow(2, 0, start), taken, frames.narrow(2, start + band, rows - start - band)], 2)
            .MoveToOuterDisposeScope();
    }

    /// <summary>Hides one band of rows and one of columns of each sample.</summary>
    /// <param name="frames">(ΣL, C, H, W), as stored.</param>
    /// <param name="lengths">Frames of each sample.</param>
    /// <param name="recipe">How wide the bands may be.</param>
    /// <param name="random">Source of both.</param>
    public static Tensor Mask(Tensor frames, int[] lengths, AugmentationRecipe recipe, Random random)
    {
        using var scope = NewDisposeScope();
        if (recipe.RangeMasking == 0 && recipe.DopplerMasking == 0)
            return frames.alias().MoveToOuterDisposeScope();
        Tensor masked = frames.to(ScalarType.Float32, copy: true);
        long first = 0;
        foreach (int length in lengths)
        {
            Tensor sample = masked.narrow(0, first, length);
            using Scalar smallest = sample.min().item<float>(); // held: see Adam
            foreach ((int axis, double part) in new[] { (2, recipe.RangeMasking), (3, recipe.DopplerMasking) })
            {
                long bins = sample.shape[axis],
                    width = (long)(part * random.NextDouble() * bins),
                    start = random.NextInt64(bins - width + 1);
                if (width > 0)
                    sample.narrow(axis, start, width).fill_(smallest);
            }
            first += length;
        }
        return masked.MoveToOuterDisposeScope();
    }

    /// <param name="scaled">(ΣL, …).</param>
    /// <param name="lengths">Frames of each sample.</param>
    /// <param name="recipe">Gain and noise.</param>
    /// <param name="random">Source of the gain; the noise comes from libtorch's generator.</param>
    public static Tensor Apply(Tensor scaled, int[] lengths, AugmentationRecipe recipe, Random random)
    {
        using var scope = NewDisposeScope();
        Tensor changed = scaled;
        if (recipe.GainSpread > 0)
            changed = changed.mul(
                Gains(lengths, recipe.GainSpread, random)
                    .to(scaled.device)
                    .view([-1, .. Enumerable.Repeat(1L, (int)scaled.dim() - 1)])
            );
        if (recipe.Noise > 0)
        {
            using Scalar noise = recipe.Noise; // held: see Adam
            changed = changed.add(randn_like(changed), alpha: noise);
        }
        return ReferenceEquals(changed, scaled)
            ? scaled.alias().MoveToOuterDisposeScope()
            : changed.MoveToOuterDisposeScope();
    }

    /// <returns>(ΣL): one number a sample, 1 ± spread, repeated for each of its frames.</returns>
    private static Tensor Gains(int[] lengths, double spread, Random random)
    {
        var values = new List<float>();
        foreach (int n in lengths)
            values.AddRange(Enumerable.Repeat((float)(1 + spread * (2 * random.NextDouble() - 1)), n));
        return tensor(values.ToArray());
    }
}
