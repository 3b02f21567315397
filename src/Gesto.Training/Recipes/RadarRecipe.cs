namespace Gesto.Training.Recipes;

/// <summary>When the radar encoder learns.</summary>
public enum RadarEncoderMode
{
    /// <summary>Before the fusion model does, under a light head of its own.</summary>
    Trained,

    /// <summary>Never: it stays at its seeded random start.</summary>
    Frozen,

    /// <summary>Before, for <see cref="RadarRecipe.Epochs"/>, and then on with the fusion model; with 0 epochs before,
    /// from scratch with the fusion model.</summary>
    Joint,
}

/// <summary>What the radar encoder looks at.</summary>
public enum RadarFrontEnd
{
    /// <summary>Range-Doppler maps, one by one: <see cref="Models.RadarCnn"/>.</summary>
    RangeDoppler,

    /// <summary>Micro-Doppler and range over time: <see cref="Models.MicroDopplerCnn"/>.</summary>
    MicroDoppler,

    /// <summary>Range over time, in dB, and its cadences: <see cref="Models.MicroDopplerCnn"/> for range-time
    /// maps.</summary>
    RangeTime,
}

/// <summary>How radar values are scaled before the CNN.</summary>
public enum RadarScaling
{
    /// <summary>Minus mean, by standard deviation, both of the training split: right for files in any unit.</summary>
    Statistics,

    /// <summary>÷ 255, as the source project did: for 8-bit grey only.</summary>
    Unit,
}

/// <summary>The radar CNN and its own training, which comes before the fusion model's.</summary>
public sealed record RadarRecipe
{
    public RadarFrontEnd FrontEnd { get; init; } = RadarFrontEnd.RangeDoppler;

    /// <summary>Bins of the micro-Doppler and range-time front ends' images; a radar's own are averaged down to them,
    /// or repeated. As many as it has where a movement spans few of them: in a range-time map of 256 bins signing takes
    /// up two dozen.</summary>
    public int Bins { get; init; } = 32;

    /// <summary>Cadences that the range-time front end looks for, 0 = none.</summary>
    public int Cadences { get; init; } = 8;

    /// <summary>Trained: a CNN left at random weights keeps little of what the hand did.</summary>
    public RadarEncoderMode Encoder { get; init; } = RadarEncoderMode.Trained;

    /// <summary>Give the CNN the range and Doppler coordinate of every bin (see <see cref="Models.RadarCnn"/>). On:
    /// global average pooling alone forgets where the energy is, and in a range-Doppler map that is the
    /// meaning.</summary>
    public bool Coordinates { get; init; } = true;

    public RadarScaling Scaling { get; init; } = RadarScaling.Statistics;

    /// <summary>log(1 + x) before scaling. For linear magnitudes, whose strong echoes hide the rest; not for dB or grey
    /// videos.</summary>
    public bool Logarithm { get; init; }

    /// <summary>With <see cref="Logarithm"/> in the micro-Doppler front end: of each bin, before what stands still is
    /// removed and range or Doppler averaged. Else one strong reflector, a fan across the room, outshines the hand in
    /// every average.</summary>
    public bool LogarithmFirst { get; init; }

    /// <summary>Subtract each bin's mean over the sample, so that walls, furniture and the still body do not count. For
    /// places whose static echo changes between recordings. Off: where someone stands still can be a part of the sign.
    /// Source: moving target indication, M. Skolnik, "Introduction to Radar Systems", chapter 3.</summary>
    public bool RemoveStatic { get; init; }

    /// <summary>With <see cref="RemoveStatic"/> in the micro-Doppler and range-time front ends: images of the whole
    /// echo beside those of what moves. Where one person sits still, what stands still tells too
    /// (docs/LOG.md).</summary>
    public bool StaticToo { get; init; }

    /// <summary>Bring each sample to mean 0 and deviation 1 before the training split's scaling: where gain or
    /// background drift between recordings. Off: the strength of an echo can tell near from far.</summary>
    public bool NormaliseSample { get; init; }

    /// <summary>Subtract each CNN feature's mean over the sample's real frames, in the light head and in the fusion
    /// model: body, place and noise level of a signer move all features of a sample together; the sign moves them in
    /// time.</summary>
    public bool CentreFeatures { get; init; }

    [System.Text.Json.Serialization.JsonIgnore]
    internal Models.RadarPreparation Preparation => new(Logarithm, RemoveStatic, NormaliseSample);

    /// <summary>Width of the light LSTM that reads the CNN's features while it learns; thrown away
    /// afterwards.</summary>
    public int Hidden { get; init; } = 128;

    /// <summary>Fraction of the light LSTM's last state that is dropped while training.</summary>
    public double Dropout { get; init; } = 0.3;

    /// <summary>Samples a step. Smaller than the fusion model's: frames are large and more steps an epoch learn
    /// faster.</summary>
    public int Batch { get; init; } = 16;

    /// <summary>Epochs at most.</summary>
    public int Epochs { get; init; } = 30;

    /// <summary>Stop after this many epochs without a better validation accuracy.</summary>
    public int Patience { get; init; } = 12;

    /// <summary>Adam's step. A small CNN from scratch learns well at ten times the fusion model's.</summary>
    public double LearningRate { get; init; } = 2e-3;

    /// <summary>Cosine: at a constant rate the CNN and its batch norm chase each other and validation jumps.</summary>
    public LearningRateSchedule Schedule { get; init; } = LearningRateSchedule.Cosine;

    public AugmentationRecipe Augmentation { get; init; } = new();

    internal void Check(RecipeCheck check)
    {
        check.Require(
            FrontEnd != RadarFrontEnd.RangeTime || !Logarithm,
            "radar.logarithm",
            "true",
            "false: range-time maps are dB, made linear by their front end"
        );
        check.Require(
            !LogarithmFirst || (Logarithm && FrontEnd == RadarFrontEnd.MicroDoppler),
            "radar.logarithmFirst",
            "true",
            "false, or radar.logarithm=true and radar.frontEnd=microDoppler with it: maps of several bins"
        );
        check.Require(
            !StaticToo || (RemoveStatic && FrontEnd != RadarFrontEnd.RangeDoppler),
            "radar.staticToo",
            "true",
            "false, or radar.removeStatic=true and radar.frontEnd microDoppler or rangeTime with it: images of what moves and of everything"
        );
        check.Require(
            Bins >= 8 && Bins % 8 == 0,
            "radar.bins",
            Bins,
            "8 or a multiple of it: three poolings halve them"
        );
        check.Require(Cadences >= 0, "radar.cadences", Cadences, "0 (none) or more");
        check.AtLeastOne(Hidden, "radar.hidden");
        check.AtLeastOne(Batch, "radar.batch");
        check.Require(
            Epochs > 0 || (Encoder == RadarEncoderMode.Joint && Epochs == 0),
            "radar.epochs",
            Epochs,
            "1 or more; 0 where radar.encoder is joint: from scratch with the fusion model"
        );
        check.AtLeastOne(Patience, "radar.patience");
        check.Positive(LearningRate, "radar.learningRate");
        check.Fraction(Dropout, "radar.dropout");
        check.Require(
            Augmentation.RangeShiftBins >= 0,
            "radar.augmentation.rangeShiftBins",
            Augmentation.RangeShiftBins,
            "0 or more"
        );
        check.Fraction(Augmentation.TempoSpread, "radar.augmentation.tempoSpread");
        check.Fraction(Augmentation.TimeShift, "radar.augmentation.timeShift");
        check.Fraction(Augmentation.GainSpread, "radar.augmentation.gainSpread");
        check.Fraction(Augmentation.FrameDropout, "radar.augmentation.frameDropout");
        check.Fraction(Augmentation.RangeMasking, "radar.augmentation.rangeMasking");
        check.Require(
            Augmentation.RangeMixing >= 0 && (Augmentation.RangeMixing == 0 || Encoder == RadarEncoderMode.Joint),
            "radar.augmentation.rangeMixing",
            Augmentation.RangeMixing,
            "0 (off); or more where radar.encoder is joint"
        );
        check.Fraction(Augmentation.DopplerMasking, "radar.augmentation.dopplerMasking");
        check.NotNegative(Augmentation.Noise, "radar.augmentation.noise");
    }
}

/// <summary>Changes that leave the sign what it is, drawn anew for each sample and epoch. Never flips: left-right
/// inverts velocity, up-down inverts range. 0 turns each one off.</summary>
public sealed record AugmentationRecipe
{
    /// <summary>Whole sample nearer or farther by up to this many range bins: people do not stand on a mark.</summary>
    public int RangeShiftBins { get; init; }

    /// <summary>Whole sample faster or slower by up to this fraction; frames are repeated or left out.</summary>
    public double TempoSpread { get; init; }

    /// <summary>As <see cref="TrainingRecipe.TimeShift"/>.</summary>
    public double TimeShift { get; init; }

    /// <summary>Scaled values times 1 ± this fraction, one factor a sample: echo strength differs with body and
    /// place.</summary>
    public double GainSpread { get; init; }

    /// <summary>Gaussian noise, in standard deviations of the training values.</summary>
    public double Noise { get; init; }

    /// <summary>Each frame is left out with this probability (at least one stays).</summary>
    public double FrameDropout { get; init; }

    /// <summary>One band of up to this part of the range bins is hidden through the whole sample: it holds the sample's
    /// smallest value. Source: the frequency masking of D. Park et al., "SpecAugment", Interspeech 2019, on a radar's
    /// axes.</summary>
    public double RangeMasking { get; init; }

    /// <summary>α of the Beta(α, α) of which parts are drawn: one band of range bins of each sample comes from another
    /// sample, and so does as large a part of its target, at most a half. What else moved in the room at a sitting is
    /// then no sign of what was recorded there. 0 = off; for an encoder that learns with the model. Source: S. Yun et
    /// al., "CutMix", ICCV 2019, on the range axis alone.</summary>
    public double RangeMixing { get; init; }

    /// <summary>As <see cref="RangeMasking"/>, of the Doppler bins.</summary>
    public double DopplerMasking { get; init; }
}
