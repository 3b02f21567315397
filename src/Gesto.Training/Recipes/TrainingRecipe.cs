using Gesto.Training.Datasets;

namespace Gesto.Training.Recipes;

/// <summary>How the learning rate goes over a stage's epochs.</summary>
public enum LearningRateSchedule
{
    Constant,

    /// <summary>From the full rate in the first epoch down a half cosine to nearly 0 in the last one allowed. Source:
    /// I. Loshchilov, F. Hutter, "SGDR", ICLR 2017, without restarts.</summary>
    Cosine,
}

/// <summary>How the fusion model is trained.</summary>
public sealed record TrainingRecipe
{
    /// <summary>Decides initial weights, order of samples, dropout and augmentation.</summary>
    public int Seed { get; init; }

    /// <summary>Samples a step.</summary>
    public int Batch { get; init; } = 64;

    /// <summary>Parts that a step's samples are worked through in, their gradients summed: as many times less memory,
    /// the same step (batch norms see a part at a time). For encoders that learn with the fusion model.</summary>
    public int Accumulation { get; init; } = 1;

    /// <summary>What the learning rate is multiplied by for encoders that learn with the fusion model: large steps harm
    /// one that is trained already.</summary>
    public double EncoderRate { get; init; } = 1;

    /// <summary>Epochs at most.</summary>
    public int Epochs { get; init; } = 80;

    /// <summary>Stop after this many epochs without a better validation accuracy.</summary>
    public int Patience { get; init; } = 12;

    /// <summary>Where <see cref="Epochs"/> are fewer steps than this, there are as many epochs as make them, patience
    /// in proportion: fifty recordings are one step an epoch. 0 = as said.</summary>
    public int LeastSteps { get; init; }

    /// <summary>Where <see cref="Epochs"/> are more steps than this, there are fewer epochs. 0 = as said.</summary>
    public int MostSteps { get; init; }

    /// <summary>Adam's step. Standardised features bear more than the source project's 1e-4.</summary>
    public double LearningRate { get; init; } = 5e-4;

    public LearningRateSchedule Schedule { get; init; } = LearningRateSchedule.Constant;

    /// <summary>Weight decay of AdamW, 0 = Adam.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Epochs over which the rate rises from 0 before the schedule begins. Source: P. Goyal et al., "Accurate,
    /// large minibatch SGD", 2017.</summary>
    public int WarmUp { get; init; }

    /// <summary>Part of each target that is spread evenly over all classes. Source: C. Szegedy et al., "Rethinking the
    /// Inception architecture", CVPR 2016.</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>α of the Beta(α, α) from which the shares of mixed samples are drawn, 0 = off (see
    /// <see cref="Models.SignModel.Classify"/>). Source: H. Zhang et al., "mixup", ICLR 2018.</summary>
    public double Mixup { get; init; }

    /// <summary>What is validated and kept is the running mean of the weights: each step it keeps this part of itself,
    /// less in the first steps. 0 = the weights themselves. Source: B. Polyak, A. Juditsky, 1992; decay as in A.
    /// Tarvainen, H. Valpola, "Mean teachers", NeurIPS 2017.</summary>
    public double Averaging { get; init; }

    /// <summary>Draw classes evenly instead of every sample once an epoch: for data sets with rare signs.</summary>
    public bool BalanceClasses { get; init; }

    /// <summary>While learning, one stretch of up to this part of a sample's steps is left out. Source: the time
    /// masking of D. Park et al., "SpecAugment", Interspeech 2019.</summary>
    public double TimeMasking { get; init; }

    /// <summary>Gradients are scaled down to this Euclidean norm at most; 0 = off. Packed LSTMs seldom need it, early
    /// steps do.</summary>
    public double GradientClip { get; init; } = 5;

    /// <summary>While learning, each sample is faster or slower by up to this fraction: steps are repeated or left
    /// out.</summary>
    public double TempoSpread { get; init; }

    /// <summary>While learning, each sample is earlier or later by up to this part of its length, its first or last
    /// step repeated: when a sign begins says when the record button was pressed, and can tell signs of the training
    /// data apart that it does not tell apart tomorrow.</summary>
    public double TimeShift { get; init; }

    /// <summary>While learning, each step is left out with this probability (at least one stays).</summary>
    public double FrameDropout { get; init; }

    /// <summary>Part of train that is held out where the data set has no labelled validation split. 0 = none: every
    /// epoch is run and the last one kept, for epochs and schedule chosen beforehand, when recordings are few or drift
    /// with time.</summary>
    public double ValidationFraction { get; init; } = 0.2;

    /// <summary>The network learns from what was held out too and keeps its last epoch; confidence and votes are fitted
    /// on what a second one says that had learnt without it. Where recordings are few a fifth of them is worth more
    /// than a choice of epochs. A data set's own val is never learnt from.</summary>
    public bool Refit { get; init; }

    /// <summary>"2/5" or "3/all": cross-validation. This fold of the labelled samples outside test is left out and
    /// scored afterwards; the checkpoint is chosen, and confidence calibrated, on <see cref="ValidationFraction"/> of
    /// the others, never on the fold: the best of many epochs on a fold is more than the recogniser is worth there. ""
    /// = no fold.</summary>
    public string Fold { get; init; } = "";

    /// <summary>What the folds keep together.</summary>
    public FoldUnit FoldBy { get; init; } = FoldUnit.Signer;

    /// <summary>Deals the folds. Not <see cref="Seed"/>, so that runs with several seeds are scored on the same
    /// folds.</summary>
    public int FoldSeed { get; init; }

    /// <returns>Epochs and patience of the fusion model, within <see cref="LeastSteps"/> and <see
    /// cref="MostSteps"/>.</returns>
    /// <param name="epochs">As the recipe says.</param>
    /// <param name="patience">Likewise.</param>
    /// <param name="samples">Learnt from.</param>
    /// <param name="batch">Samples a step.</param>
    internal (int Epochs, int Patience) Length(int epochs, int patience, int samples, int batch)
    {
        double steps = Math.Ceiling(samples / (double)batch);
        int least = (int)Math.Ceiling(LeastSteps / steps),
            most = MostSteps == 0 ? int.MaxValue : Math.Max(1, (int)(MostSteps / steps));
        int fitting = Math.Clamp(epochs, Math.Min(least, most), most);
        return (fitting, Math.Max(1, (int)Math.Round(patience * (double)fitting / epochs)));
    }

    internal void Check(RecipeCheck check)
    {
        check.Require(LeastSteps >= 0, "training.leastSteps", LeastSteps, "0 (off) or more");
        check.Require(MostSteps >= 0, "training.mostSteps", MostSteps, "0 (off) or more");
        check.AtLeastOne(Batch, "training.batch");
        check.Require(
            Accumulation >= 1 && Accumulation <= Batch,
            "training.accumulation",
            Accumulation,
            "1 (off) to training.batch"
        );
        check.NotNegative(EncoderRate, "training.encoderRate", "the encoders stay as they are");
        check.AtLeastOne(Epochs, "training.epochs");
        check.AtLeastOne(Patience, "training.patience");
        check.Positive(LearningRate, "training.learningRate");
        check.NotNegative(WeightDecay, "training.weightDecay");
        check.NotNegative(GradientClip, "training.gradientClip");
        check.NotNegative(Mixup, "training.mixup");
        check.Fraction(LabelSmoothing, "training.labelSmoothing");
        check.Fraction(Averaging, "training.averaging");
        check.Fraction(TempoSpread, "training.tempoSpread");
        check.Fraction(TimeShift, "training.timeShift");
        check.Fraction(FrameDropout, "training.frameDropout");
        check.Fraction(TimeMasking, "training.timeMasking");
        check.Fraction(ValidationFraction, "training.validationFraction");
        if (Fold.Length > 0)
            Datasets.Fold.Parse(Fold);
        check.Require(
            WarmUp >= 0 && WarmUp < Epochs,
            "training.warmUp",
            WarmUp,
            "0 (off) or more, fewer than training.epochs"
        );
    }
}
